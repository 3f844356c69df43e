"""Use cases: what the server does, in the words of the core. No HTTP, no drivers; ports are injected."""
