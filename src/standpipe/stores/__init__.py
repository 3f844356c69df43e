"""Where state lives: metadata, artifacts, secrets, and the wake-ups between processes."""
