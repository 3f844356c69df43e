"""From the parts of a request to core commands, one file per noun; raises core errors only."""
