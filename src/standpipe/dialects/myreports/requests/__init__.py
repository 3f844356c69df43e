"""From requests to core commands."""
