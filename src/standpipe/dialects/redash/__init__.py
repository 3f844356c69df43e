"""The Redash API, and LOGIQ's variant of it: README.md lists endpoints and known differences."""
