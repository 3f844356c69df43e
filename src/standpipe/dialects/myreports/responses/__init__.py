"""From core values to bodies."""
