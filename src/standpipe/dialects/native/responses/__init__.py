"""From core values to the bodies of this API, one file per noun."""
