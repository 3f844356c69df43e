"""Responses of the Dune API."""
