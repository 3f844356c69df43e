"""Standpipe: a self-hosted server for saved SQL reports."""

__version__ = "0.1.0"
