"""The second version of the Holistics API, below /api/v2."""
