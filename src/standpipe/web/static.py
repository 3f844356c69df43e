"""The style sheet and the mark: read once, named after their bytes, kept by browsers for ever."""

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path

from standpipe.core.errors import NotFound
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services

FOLDER = Path(__file__).parent / "static"

_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def asset_path(name: str) -> str:
    """Return the address of a file of the static folder; KeyError if there is none."""
    return f"/static/{_assets()[name]}"


def show_asset(_services: Services, inbound: Inbound) -> Outbound:
    """Serve one file; its name holds its digest, so it never changes."""
    name = inbound.parts["name"]
    if name not in _bodies():
        raise NotFound(f"There is nothing at {inbound.path}.")
    headers = (
        ("Content-Type", _MEDIA_TYPES[Path(name).suffix]),
        ("Cache-Control", "public, max-age=31536000, immutable"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; sandbox"),
    )
    return Outbound(headers=headers, body=_bodies()[name])


@functools.cache
def _assets() -> Mapping[str, str]:
    """Return plain name -> name with digest."""
    return {
        path.name: f"{path.stem}.{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}{path.suffix}"
        for path in sorted(FOLDER.iterdir())
        if path.suffix in _MEDIA_TYPES
    }


@functools.cache
def _bodies() -> Mapping[str, bytes]:
    return {named: (FOLDER / name).read_bytes() for name, named in _assets().items()}
