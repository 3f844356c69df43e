"""Our own API, below `/v1`; its endpoints stand in docs/reference/native-api.md."""
