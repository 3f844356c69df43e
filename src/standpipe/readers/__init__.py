"""Readers of artifacts: they answer windows and never run a user's SQL."""
