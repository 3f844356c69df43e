"""The Redash API, and LOGIQ's variant of it: README.md lists endpoints and known differences."""

QUERY_VERSION = 1  # of every query, for ever: edits do not raise it (compat/redash.md 3.2)
