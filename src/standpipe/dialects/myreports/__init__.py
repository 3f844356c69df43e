"""The MyReports API, below /api/v1.0 and /v1.0."""
