"""What every page promises: headers, errors, static files, markup that works for everybody."""

import re
from html.parser import HTMLParser

import pytest

from standpipe.core import errors
from standpipe.core.errors import MethodNotAllowed, NotAuthenticated, StandpipeError
from standpipe.http.messages import Inbound
from standpipe.web.errors import render_error
from standpipe.web.static import FOLDER, asset_path

PAGES = ["/", "/login", "/setup", "/profile", "/queries/1", "/nope", "/logout"]


def every_error():
    """Return one error of each class of the core."""
    special = {
        "ParameterInvalid": (["a"],),
        "ParameterMissing": (["a"],),
        "SourcePaused": ("main", "repairs"),
        "MethodNotAllowed": (["GET"],),
        "RateLimited": ("5 per 1 hour", 60),
    }
    kinds = [k for k in vars(errors).values() if isinstance(k, type)]
    kinds = [kind for kind in kinds if issubclass(kind, StandpipeError)]
    return [kind(*special.get(kind.__name__, ())) for kind in kinds]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["ada", "visitor"])
def test_every_answer_has_the_security_headers(ready, request, who, path):
    """Pages, redirects and errors forbid scripts, frames, sniffing, referrers and caching."""
    ready.add_query()
    seen = request.getfixturevalue(who).get(path)
    assert seen.header("Content-Security-Policy") == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    assert seen.header("X-Content-Type-Options") == "nosniff"
    assert seen.header("Referrer-Policy") == "no-referrer"
    assert seen.header("Cache-Control") == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_pages_work_without_scripts_and_inline_styles(ready, ada, path):
    """No page holds what the Content-Security-Policy forbids, or anything of another host."""
    ready.add_query()
    text = ada.get(path).text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", text)
    assert not re.search(r'(?:src|href|action)="(?!/(?!/)|#)', text)


class Labels(HTMLParser):
    """Collects controls without a label, buttons without words, images without alt."""

    def __init__(self):
        super().__init__()
        self.ids, self.labels, self.bare, self.headings, self.language = [], [], [], 0, None
        self.depth = 0

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.depth += tag == "label"
        self.headings += tag == "h1"
        self.language = values.get("lang", self.language)
        if tag == "label" and "for" in values:
            self.labels.append(values["for"])
        if tag == "input" and values.get("type") != "hidden" and not self.depth:
            self.ids.append(values.get("id"))
        if (tag == "img" and "alt" not in values) or (tag == "th" and "scope" not in values):
            self.bare.append(tag)

    def handle_endtag(self, tag):
        self.depth -= tag == "label"


@pytest.mark.parametrize("path", ["/", "/login", "/setup", "/profile", "/queries/1", "/nope"])
@pytest.mark.parametrize("who", ["ada", "visitor"])
def test_pages_can_be_used_by_everybody(site, request, who, path):
    """Pages name their language, have one main heading, and label every field and column."""
    if who == "ada":
        request.getfixturevalue("ada")
        site.add_query()
    seen = request.getfixturevalue(who).get(path)
    parser = Labels()
    parser.feed(seen.text)
    assert sorted(parser.ids) == sorted(parser.labels)
    assert parser.bare == []
    assert seen.status == 302 or (parser.headings, parser.language) == (1, "en")


@pytest.mark.parametrize("error", every_error(), ids=lambda error: type(error).__name__)
def test_every_error_has_a_page(error):
    """Each error of the core has a status, and its page says what was wrong."""
    outbound = render_error(error, Inbound(method="GET", path="/x"))
    if isinstance(error, NotAuthenticated):
        assert outbound.status == 302
        return
    is_unknown = type(error) in (StandpipeError, errors.ConfigurationInvalid)
    assert (outbound.status == 500) == is_unknown
    assert error.message.replace("'", "&#39;") in outbound.body.decode()


def test_error_pages_escape_what_they_quote():
    """Text of the caller in a message does not become markup."""
    outbound = render_error(StandpipeError("<script>"), Inbound(method="GET", path="/"))
    assert b"<script>" not in outbound.body


def test_error_of_a_method_names_the_methods():
    """405 comes with Allow."""
    outbound = render_error(MethodNotAllowed(["GET", "HEAD"]), Inbound(method="PUT", path="/"))
    assert (outbound.status, ("Allow", "GET, HEAD") in outbound.headers) == (405, True)


@pytest.mark.parametrize(
    ("method", "path", "location"),
    [
        ("GET", "/queries/7", "/login?next=/queries/7"),
        ("POST", "/profile/key", "/login"),
        ("GET", "/", "/login"),
        ("GET", "/a b&next=//evil.test", "/login?next=/a%2520b%2526next%253D//evil.test"),
    ],
)
def test_sign_in_is_asked_with_the_way_back(method, path, location):
    """NotAuthenticated leads to the sign-in page, which knows the page one came from."""
    outbound = render_error(NotAuthenticated(), Inbound(method=method, path=path))
    assert (outbound.status, dict(outbound.headers)["Location"]) == (302, location)


@pytest.mark.parametrize("name", [path.name for path in sorted(FOLDER.iterdir())])
def test_static_files_are_kept_for_ever_under_their_digest(visitor, name):
    """A file is served under a name with its digest, immutable; any other name is not found."""
    address = asset_path(name)
    seen = visitor.get(address)
    assert seen.body == (FOLDER / name).read_bytes()
    assert re.fullmatch(r"/static/\w+\.[0-9a-f]{16}\.(css|svg)", address)
    assert "immutable" in seen.header("Cache-Control")
    assert visitor.get(f"/static/{name}").status == 404


@pytest.mark.parametrize("name", ["..", "..%2froutes.py", "site.css", "routes.py", "\0", ""])
def test_static_serves_nothing_else(visitor, name):
    """No other name leads to a file."""
    assert visitor.get(f"/static/{name}").status in {302, 404}


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_can_be_read(theme):
    """Text reaches a contrast of 4.5 and the edges of fields 3 (WCAG 2 AA), light and dark."""
    block = re.findall(r":root \{(.*?)\}", (FOLDER / "site.css").read_text(), re.DOTALL)[theme]
    colour = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for ground in ("ground", "surface", "sunken"):
        for text in ("text", "muted", "accent", "accent-strong", "danger"):
            assert contrast(colour[text], colour[ground]) >= 4.5, (text, ground)
        assert contrast(colour["edge"], colour[ground]) >= 3, ground
    for ground in ("accent", "accent-strong"):
        assert contrast(colour["on-accent"], colour[ground]) >= 4.5, ground
    assert contrast(colour["danger"], colour["danger-ground"]) >= 4.5
