"""The parameters of a request of OAuth: each once, and none that is empty (RFC 6749, 3.1, 3.2)."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from standpipe.core.errors import InvalidRequest
from standpipe.core.oauth import read_scope
from standpipe.http.messages import Inbound
from standpipe.web.forms import MEDIA_TYPE

MOST_PARAMETERS: Final = 50
# What may stand in an answer that names it (RFC 6749, 4.1.2.1), shortened to what names are like.
_WORD = re.compile(r"[\w:.-]{1,100}", re.ASCII)
_NAMED = ("response_type", "grant_type", "token_type_hint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``repeated`` are the names that stand there more than once; the first value counts."""

    values: Mapping[str, str]
    repeated: frozenset[str] = frozenset()

    def get(self, name: str) -> str | None:
        """Return a parameter that was given and is not empty."""
        return self.values.get(name)


def read_query(inbound: Inbound) -> Asked:
    """Return the parameters of an address."""
    return _asked((name, value) for name, values in inbound.args.items() for value in values)


def read_body(inbound: Inbound) -> Asked:
    """Return the parameters of a form; InvalidRequest for another body or a repeated parameter."""
    asked = read_fields(inbound)
    if asked.repeated:
        raise InvalidRequest(f"Given more than once: {', '.join(sorted(asked.repeated))[:200]}.")
    _require_one_secret(inbound, asked)
    return asked


def read_fields(inbound: Inbound) -> Asked:
    """Return the fields of a form; InvalidRequest for another body."""
    media_type = inbound.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != MEDIA_TYPE:
        raise InvalidRequest(f"The body is not {MEDIA_TYPE}.")
    try:
        pairs = parse_qsl(
            inbound.body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError as error:
        raise InvalidRequest("The body is not a valid form.") from error
    return _asked(pairs)


def read_bearer(inbound: Inbound) -> str:
    """Return the token of the header ``Authorization``; empty without one."""
    scheme, _, token = inbound.headers.get("authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _asked(pairs: Iterable[tuple[str, str]]) -> Asked:
    values: dict[str, str] = {}
    repeated: set[str] = set()
    for name, value in pairs:
        if name in values:
            repeated.add(name)
        elif value:
            values[name] = value
    if "scope" in values:
        values["scope"] = " ".join(read_scope(values["scope"]))
    for name in _NAMED:
        if name in values and not _WORD.fullmatch(values[name].replace(" ", "")):
            values[name] = "unknown"
    return Asked(values=values, repeated=frozenset(repeated))


def _require_one_secret(inbound: Inbound, asked: Asked) -> None:
    """Raise InvalidRequest for a client that proves itself in two ways (RFC 6749, 2.3)."""
    scheme, _, encoded = inbound.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "basic":
        return
    if asked.get("client_secret") is not None:
        raise InvalidRequest("The client gives its secret in two places.")
    try:
        base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("The Basic credentials cannot be read.") from error
