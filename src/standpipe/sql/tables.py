"""Statements of ours about tables."""


def select_all(*names: str) -> str:
    """Return the statement that reads all of a table, which is named by catalog, schema, name."""
    quoted = [f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names]
    return f"SELECT * FROM {'.'.join(quoted)}"  # noqa: S608 - names in quotes
