"""Use cases: what the server does, in the words of the core; ports are injected."""
