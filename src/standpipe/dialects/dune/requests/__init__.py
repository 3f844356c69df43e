"""Requests of the Dune API."""
