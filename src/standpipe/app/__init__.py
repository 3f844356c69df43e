"""The composition root: the only room that names concrete stores, connectors and rooms."""
