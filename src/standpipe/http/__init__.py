"""Web glue shared by doors: messages as plain data, credentials, bodies, and the hop into threads."""
