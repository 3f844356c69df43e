"""The Dune API, below /api/v1 and /api/alpha/v1, and /v1/query and /v1/execution."""
