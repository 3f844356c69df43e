"""The Holistics API."""
