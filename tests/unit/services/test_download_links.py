"""Links: good for one job, one minute, and as long as the key of their maker is."""

from collections.abc import Iterator

import pytest
from tests.contracts.house import VAULT
from tests.support.services import Stage

from standpipe.core.errors import NotAllowed, NotAuthenticated
from standpipe.services.download_links import GOOD_SECONDS, DownloadLinks


@pytest.fixture
def links(stage: Stage) -> DownloadLinks:
    """Links of the stage."""
    return DownloadLinks(stage.keys, vault=VAULT, clock=stage.clock, is_wanted=True)


def test_a_link_stands_for_its_maker_for_a_minute(stage: Stage, links: DownloadLinks) -> None:
    """With the rights of his key, and for the job it was made for."""
    key = stage.keys.issue_for_user(stage.user)
    link = links.make(key, 7)
    assert key not in link
    assert links.authenticate(link) == stage.keys.authenticate(key)
    assert links.number_of(link) == 7
    stage.clock.pass_seconds(GOOD_SECONDS + 1)
    with pytest.raises(NotAllowed, match="a minute"):
        links.number_of(link)


def test_a_link_dies_with_its_key(stage: Stage, links: DownloadLinks) -> None:
    """Whoever replaces a key takes away what was made with it."""
    link = links.make(stage.keys.issue_for_user(stage.user), 7)
    stage.keys.replace_user_key(stage.author, stage.user)
    with pytest.raises(NotAuthenticated):
        links.authenticate(link)


def odd(link: str) -> Iterator[str]:
    """Texts that are no link of this server."""
    yield from ("", "abc", "\x00", "é", "a" * 5_000, link[:-4], "B" + link[1:])
    yield link[:20] + ("A" if link[20] != "A" else "B") + link[21:]


def test_what_is_no_link_is_refused(stage: Stage, links: DownloadLinks) -> None:
    """Whatever it is, and however little was changed."""
    for text in odd(links.make(stage.keys.issue_for_user(stage.user), 7)):
        with pytest.raises(NotAllowed):
            links.number_of(text)
