"""SQL text: placeholders in it, values bound to them, and the identity of a statement."""
