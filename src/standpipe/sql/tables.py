"""Statements of ours about tables."""


def select_all(*names: str) -> str:
    """Return the statement that reads all of a table, which is named by catalog, schema, name."""
    quoted = ('"' + name.replace('"', '""') + '"' for name in names)
    return f"SELECT * FROM {'.'.join(quoted)}"
