"""Web glue shared by doors: messages as plain data, credentials, bodies, the hop to threads."""
