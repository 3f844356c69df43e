"""A site over a real store, and a browser that keeps cookies."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.site import Browser, Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site that nobody has set up yet."""
    site = Site(tmp_path)
    yield site
    site.close()


@pytest.fixture
def ready(site: Site) -> Site:
    """A site with an administrator, Ada."""
    site.set_up()
    return site


@pytest.fixture
def visitor(site: Site) -> Browser:
    """A browser that is not signed in."""
    return Browser(site)


@pytest.fixture
def ada(ready: Site) -> Browser:
    """The browser of the administrator."""
    browser = Browser(ready)
    browser.sign_in("ada@example.org", "correct horse")
    return browser
