"""Form bodies: what a browser sends when somebody presses a button."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from standpipe.core.errors import MalformedBody
from standpipe.http.messages import Inbound

MEDIA_TYPE = "application/x-www-form-urlencoded"

_MAX_FIELDS = 50
_OFF = frozenset({"", "0", "false", "off", "no"})


def read_form(inbound: Inbound) -> Mapping[str, str]:
    """Return the fields of a form, the first value of each; MalformedBody.

    A body of another media type holds no fields: then every field is missing.
    """
    media_type = inbound.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != MEDIA_TYPE:
        return {}
    try:
        pairs = parse_qsl(
            inbound.body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise MalformedBody("The body is not a valid form.", detail=str(error)) from error
    return dict(reversed(pairs))


def is_ticked(form: Mapping[str, str], name: str) -> bool:
    """Whether a box is ticked: there, with any value that does not say no."""
    return form.get(name, "").strip().lower() not in _OFF
