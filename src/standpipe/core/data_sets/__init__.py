"""Data sets: a stored result that is asked for its groups, as analysts ask.

A ``DataSetQuery`` says what is wanted of which fields; ``plan_query`` turns it, over the columns of
a result and the calendar of its reader, into a window.
"""
