"""Places for the bytes of results."""
