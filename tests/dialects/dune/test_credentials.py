"""Where Dune's clients put their key."""

import pytest

from standpipe.dialects.dune.credentials import read_credentials
from standpipe.http.messages import Inbound


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"x-dune-api-key": "a", "authorization": "Bearer b"}, "a"),
        ({"authorization": "bearer  b "}, "b"),
        ({"authorization": "Basic b"}, "c"),
        ({}, "c"),
    ],
)
def test_the_first_place_that_has_a_key_counts(headers: dict[str, str], key: str) -> None:
    """Its own header, then a bearer, then the address."""
    inbound = Inbound(method="GET", path="/", headers=headers, args={"api_key": ("c",)})
    assert read_credentials(inbound).key == key
