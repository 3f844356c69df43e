"""The words: nouns, rules and ports. Pure: no I/O, no HTTP, no drivers, no clock of its own."""
