"""Values as text, shared by the text formats: styles and the SQL expressions they become."""

from standpipe.formats.values.expressions import (
    column_value,
    json_key,
    json_value,
    python_escapes,
    quote_name,
    quote_text,
    scalar_text,
)
from standpipe.formats.values.rows import joined
from standpipe.formats.values.styles import (
    EPOCH_MILLISECONDS,
    EPOCHS_AND_STRINGS,
    HEX,
    NATIVE,
    NUMBER_AS_TEXT,
    PYTHON_MILLISECONDS,
    PYTHON_TIMEDELTA,
    SHORTEST_NUMBER_AS_TEXT,
    Form,
    Rendering,
    ValueStyle,
    strftime_rendering,
)

__all__ = [
    "EPOCHS_AND_STRINGS",
    "EPOCH_MILLISECONDS",
    "HEX",
    "NATIVE",
    "NUMBER_AS_TEXT",
    "PYTHON_MILLISECONDS",
    "PYTHON_TIMEDELTA",
    "SHORTEST_NUMBER_AS_TEXT",
    "Form",
    "Rendering",
    "ValueStyle",
    "column_value",
    "joined",
    "json_key",
    "json_value",
    "python_escapes",
    "quote_name",
    "quote_text",
    "scalar_text",
    "strftime_rendering",
]
