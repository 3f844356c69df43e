"""A package of its own, so that none that a wheel brings is taken for it."""
