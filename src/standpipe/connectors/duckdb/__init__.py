"""DuckDB over files: every statement runs in a disposable, locked child process."""
