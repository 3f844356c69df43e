"""One file per page: what it loads and what it shows."""
