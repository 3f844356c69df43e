"""Our own API, below ``/v1``: README.md lists its endpoints."""
