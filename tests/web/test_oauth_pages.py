"""Signing in to a program: what it asks, what people see, what it gets."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.web.site import Browser, Seen, Site

from standpipe.core.oauth import GrantType, OAuthClient
from standpipe.services.oauth_clients import NewClient

HOME = "http://127.0.0.1:8000"
VERIFIER = "v" * 43
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
ALL = "openid offline_access onboarding"


class Programs:
    """Programs registered at a site, and how they talk to it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.wire = Browser(site)
        accounts = site.services.accounts
        self.admin = accounts.principal(accounts.find_user("ada@example.org"))

    def add(
        self,
        *uris: str,
        is_public: bool = False,
        grants: tuple[GrantType, ...] = (),
        owner: str = "ada@example.org",
    ) -> tuple[OAuthClient, str]:
        new = NewClient(
            name="Sheets",
            owner_id=self.site.services.accounts.find_user(owner).id,
            is_public=is_public,
            redirect_uris=uris,
            grant_types=grants,
        )
        client, secret = self.site.services.oauth_clients.add(self.admin, new)
        return client, secret or ""

    def question(self, client: OAuthClient, **changes: str) -> str:
        values = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uris[0],
            "scope": ALL,
            "state": "a b/é&=",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return "/connect/authorize?" + urlencode({k: v for k, v in values.items() if v})

    def code(self, browser: Browser, client: OAuthClient, **changes: str) -> str:
        page = browser.get(self.question(client, **changes))
        told = answer_of(browser.post("/connect/authorize", {**page.fields(), "decision": "allow"}))
        return told["code"]

    def exchange(self, client: OAuthClient, secret: str, /, **form: str) -> Seen:
        values = {"client_id": client.client_id, "client_secret": secret, **form}
        return self.wire.post("/connect/token", {k: v for k, v in values.items() if v})

    def redeem(self, client: OAuthClient, secret: str, code: str, /, **changes: str) -> Seen:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uris[0],
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.exchange(client, secret, **form)

    def refresh(self, client: OAuthClient, secret: str, token: str, **more: str) -> Seen:
        form = {"grant_type": "refresh_token", "refresh_token": token, **more}
        return self.exchange(client, secret, **form)

    def is_good(self, token: str) -> bool:
        seen = self.wire.get("/connect/userinfo", authorization=f"Bearer {token}")
        assert seen.status in {200, 401}
        return seen.status == 200


def answer_of(seen: Seen) -> dict[str, str]:
    """Return what a program is told in the address the browser is sent to."""
    assert seen.status == 303, seen.text
    location = seen.header("Location") or ""
    return {name: each[0] for name, each in parse_qs(urlsplit(location).query).items()}


def json_of(seen: Seen) -> dict[str, str]:
    import json

    found: dict[str, str] = json.loads(seen.body)
    return found


@pytest.fixture
def programs(ready: Site) -> Programs:
    return Programs(ready)


def test_a_person_signs_in_and_the_program_gets_tokens(programs: Programs) -> None:
    """The question survives the sign-in page, and state comes back exactly."""
    client, secret = programs.add()
    browser = Browser(programs.site)
    to_login = browser.get(programs.question(client))
    assert to_login.status == 303
    location = to_login.header("Location") or ""
    assert location.startswith("/login?next=%2Fconnect%2Fauthorize%3F")
    signed_in = browser.submit(location, email="ada@example.org", password="correct horse")
    page = browser.get(signed_in.header("Location") or "")
    assert "Allow Sheets?" in page.text
    told = answer_of(browser.post("/connect/authorize", {**page.fields(), "decision": "allow"}))
    assert (told["state"], told["iss"]) == ("a b/é&=", "http://pipe.test")
    tokens = json_of(programs.redeem(client, secret, told["code"]))
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3600, ALL)
    assert {"access_token", "refresh_token", "id_token"} < tokens.keys()
    assert programs.is_good(tokens["access_token"])


def test_the_consent_page_cannot_be_framed_and_leads_only_to_the_program(
    programs: Programs, ada: Browser
) -> None:
    """Browsers hold the redirect after a form against its policy."""
    client, _ = programs.add("https://sheets.example.org:444/done")
    page = ada.get(programs.question(client))
    policy = page.header("Content-Security-Policy") or ""
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://sheets.example.org:444;" in policy
    assert page.header("Cache-Control") == "no-store"


def test_a_consent_without_its_token_is_refused(programs: Programs, ada: Browser) -> None:
    """Another site cannot say yes for a person."""
    client, _ = programs.add()
    fields = ada.get(programs.question(client)).fields()
    del fields["csrf_token"]
    assert ada.post("/connect/authorize", {**fields, "decision": "allow"}).status == 400


def test_a_person_may_say_no(programs: Programs, ada: Browser) -> None:
    """The program is told access_denied."""
    client, _ = programs.add()
    fields = ada.get(programs.question(client)).fields()
    told = answer_of(ada.post("/connect/authorize", {**fields, "decision": "deny"}))
    assert (told["error"], told["state"]) == ("access_denied", "a b/é&=")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "é\n"}, "unsupported_response_type"),
        ({"response_type": ""}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"scope": "é"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_wrong_question_is_answered_to_the_program(
    programs: Programs, changes: dict[str, str], error: str
) -> None:
    """With state, at its registered address, before anybody signs in."""
    client, _ = programs.add(is_public=True)
    told = answer_of(Browser(programs.site).get(programs.question(client, **changes)))
    assert (told["error"], told["state"]) == (error, "a b/é&=")


def test_a_client_without_codes_may_not_ask_people(programs: Programs) -> None:
    """unauthorized_client; it has no address, so the page is shown here."""
    client, _ = programs.add(grants=(GrantType.CLIENT_CREDENTIALS,))
    address = f"/connect/authorize?response_type=code&client_id={client.client_id}"
    assert Browser(programs.site).get(address).status == 400


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example.org/",
        "http://127.0.0.1:8000.evil.example.org",
        "http://127.0.0.1:8000@evil.example.org",
        "http://127.0.0.1:8000/other",
        "http://127.0.0.1:8000\\@evil.example.org",
        "http://127.0.0.1:8000#x",
        "http://localhost:8000",
        "https://127.0.0.1:8000",
        "http://127.0.0.1:8000/%0d%0aX: y",
        "javascript:alert(1)",
        "//evil.example.org",
        "http://127.0.0.1:99999999",
        "http://user@127.0.0.1:8000",
        "http://127.0.0.1:8000é",
    ],
)
def test_codes_go_only_to_registered_addresses(programs: Programs, ada: Browser, uri: str) -> None:
    """Anything else is a page here, never a redirect."""
    client, _ = programs.add()
    seen = ada.get(programs.question(client, redirect_uri=uri))
    assert (seen.status, seen.header("Location")) == (400, None)
    fields = ada.get(programs.question(client)).fields()
    posted = ada.post("/connect/authorize", {**fields, "redirect_uri": uri, "decision": "allow"})
    assert (posted.status, posted.header("Location")) == (400, None)


def test_a_loopback_program_chooses_its_port(programs: Programs, ada: Browser) -> None:
    """RFC 8252, 7.3; the code must be redeemed with the same address."""
    client, _ = programs.add("http://127.0.0.1/cb", is_public=True)
    uri = "http://127.0.0.1:51234/cb"
    code = programs.code(ada, client, redirect_uri=uri)
    assert programs.redeem(client, "", code).status == 400
    assert programs.redeem(client, "", code, redirect_uri=uri).status == 200


def test_unknown_programs_are_a_page(programs: Programs, ada: Browser) -> None:
    """Also one that is asked for twice."""
    client, _ = programs.add()
    unknown = programs.question(client, client_id="nobody")
    twice = programs.question(client) + "&client_id=nobody"
    other = programs.question(client) + "&state=b"
    assert [ada.get(each).status for each in (unknown, twice)] == [400, 400]
    assert answer_of(ada.get(other))["error"] == "invalid_request"


def test_the_misspelt_scope_of_the_documents_is_understood(
    programs: Programs, ada: Browser
) -> None:
    """compat/myreports.md 1: ``open id``."""
    client, secret = programs.add()
    code = programs.code(ada, client, scope="open id offline_access onboarding")
    assert json_of(programs.redeem(client, secret, code))["scope"] == ALL


def test_a_code_is_good_once_and_a_second_use_ends_its_tokens(
    programs: Programs, ada: Browser
) -> None:
    """RFC 6749, 4.1.2."""
    client, secret = programs.add()
    code = programs.code(ada, client)
    tokens = json_of(programs.redeem(client, secret, code))
    again = programs.redeem(client, secret, code)
    assert (again.status, json_of(again)["error"]) == (400, "invalid_grant")
    assert not programs.is_good(tokens["access_token"])
    assert programs.refresh(client, secret, tokens["refresh_token"]).status == 400


def test_a_code_is_good_for_a_minute(programs: Programs, ada: Browser) -> None:
    client, secret = programs.add()
    codes = [programs.code(ada, client) for _ in range(2)]
    programs.site.clock.advance(59.9)
    assert programs.redeem(client, secret, codes[0]).status == 200
    programs.site.clock.advance(0.1)
    assert json_of(programs.redeem(client, secret, codes[1]))["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code": "wrong"}, 400, "invalid_grant"),
        ({"code": ""}, 400, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1:8000/"}, 400, "invalid_grant"),
        ({"redirect_uri": ""}, 400, "invalid_grant"),
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_request"),
        ({"code_verifier": "é" * 43}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": 'é\n"'}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_id": "é", "client_secret": "é"}, 401, "invalid_client"),
    ],
)
def test_a_code_that_cannot_be_redeemed(
    programs: Programs, ada: Browser, changes: dict[str, str], status: int, error: str
) -> None:
    """Every error of RFC 6749, 5.2, as JSON that nobody keeps; the code stays good."""
    client, secret = programs.add()
    code = programs.code(ada, client)
    seen = programs.redeem(client, secret, code, **changes)
    assert (seen.status, json_of(seen)["error"]) == (status, error)
    assert seen.header("Cache-Control") == "no-store"
    assert (seen.header("WWW-Authenticate") is not None) is (status == 401)
    assert programs.redeem(client, secret, code).status == 200


def test_a_client_proves_itself_in_one_way(programs: Programs) -> None:
    """By Basic credentials or in the body; both at once, or none that can be read, are wrong."""
    client, secret = programs.add()

    def basic(text: bytes, **form: str) -> int:
        header = "Basic " + base64.b64encode(text).decode()
        values = {"grant_type": "client_credentials", **form}
        return programs.wire.post("/connect/token", values, authorization=header).status

    pair = f"{client.client_id}:{secret}".encode()
    assert basic(pair) == 200
    assert basic(pair, client_secret=secret) == 400
    assert basic(b"\xff:\xff") == 400
    assert basic(b"nobody") == 401
    assert basic(f"{client.client_id}:wrong".encode()) == 401


def test_a_confidential_client_may_not_come_without_its_secret(programs: Programs) -> None:
    """Nor a public one with one."""
    public, _ = programs.add(is_public=True)
    seen = programs.exchange(public, "made up", grant_type="refresh_token", refresh_token="x")
    assert json_of(seen)["error"] == "invalid_client"


def test_a_grant_that_a_client_may_not_use(programs: Programs) -> None:
    """unauthorized_client."""
    client, secret = programs.add(grants=(GrantType.CLIENT_CREDENTIALS,))
    seen = programs.exchange(client, secret, grant_type="refresh_token", refresh_token="x")
    assert json_of(seen)["error"] == "unauthorized_client"


def test_refresh_tokens_rotate_and_reuse_ends_the_family(programs: Programs, ada: Browser) -> None:
    """RFC 9700, 4.14.2: whoever comes second, thief or client, ends it for both."""
    client, secret = programs.add()
    first = json_of(programs.redeem(client, secret, programs.code(ada, client)))
    second = json_of(programs.refresh(client, secret, first["refresh_token"]))
    assert second["refresh_token"] != first["refresh_token"]
    assert programs.is_good(second["access_token"])
    reused = programs.refresh(client, secret, first["refresh_token"])
    assert json_of(reused)["error"] == "invalid_grant"
    assert [programs.is_good(each["access_token"]) for each in (first, second)] == [False, False]
    assert programs.refresh(client, secret, second["refresh_token"]).status == 400
    assert "TokenReused" in [type(each).__name__ for each in programs.site.heard]


def test_a_refresh_may_ask_for_less_but_never_for_more(programs: Programs, ada: Browser) -> None:
    """And what was granted stays granted for the next time."""
    client, secret = programs.add()
    code = programs.code(ada, client, scope="onboarding offline_access")
    tokens = json_of(programs.redeem(client, secret, code))
    more = programs.refresh(client, secret, tokens["refresh_token"], scope="onboarding openid")
    assert json_of(more)["error"] == "invalid_scope"
    less = json_of(programs.refresh(client, secret, tokens["refresh_token"], scope="onboarding"))
    assert less["scope"] == "onboarding"
    whole = json_of(programs.refresh(client, secret, less["refresh_token"]))
    assert whole["scope"] == "onboarding offline_access"


def test_tokens_end_by_the_clock(programs: Programs, ada: Browser) -> None:
    """Access tokens after an hour, refresh tokens after thirty days without use."""
    client, secret = programs.add()
    tokens = json_of(programs.redeem(client, secret, programs.code(ada, client)))
    programs.site.clock.advance(3599)
    assert programs.is_good(tokens["access_token"])
    programs.site.clock.advance(1)
    assert not programs.is_good(tokens["access_token"])
    tokens = json_of(programs.refresh(client, secret, tokens["refresh_token"]))
    programs.site.clock.advance(30 * 86400)
    assert programs.refresh(client, secret, tokens["refresh_token"]).status == 400


def test_without_offline_access_there_is_nothing_to_refresh(
    programs: Programs, ada: Browser
) -> None:
    client, secret = programs.add()
    tokens = json_of(
        programs.redeem(client, secret, programs.code(ada, client, scope="onboarding"))
    )
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "scope"}


def test_a_program_gives_its_tokens_up(programs: Programs, ada: Browser) -> None:
    """An access token alone; a refresh token with all that came of it (RFC 7009, 2.1)."""
    client, secret = programs.add()
    other, other_secret = programs.add()
    tokens = json_of(programs.redeem(client, secret, programs.code(ada, client)))

    def revoke(token: str, by: OAuthClient = client, secret: str = secret) -> int:
        form = {"token": token, "client_id": by.client_id, "client_secret": secret}
        return programs.wire.post("/connect/revocation", form).status

    assert revoke(tokens["access_token"], other, other_secret) == 400
    assert revoke(tokens["access_token"], secret="wrong") == 401
    assert programs.is_good(tokens["access_token"])
    assert revoke(tokens["access_token"]) == 200
    assert not programs.is_good(tokens["access_token"])
    next_ = json_of(programs.refresh(client, secret, tokens["refresh_token"]))
    assert revoke(next_["refresh_token"]) == 200
    assert not programs.is_good(next_["access_token"])
    assert revoke("unknown") == 200


def test_a_client_acts_for_its_owner(programs: Programs) -> None:
    """client_credentials: with the owner's rights of the moment, and no refresh token."""
    bob = programs.site.add_member("Bob")
    client, secret = programs.add(owner="bob@example.org")
    tokens = json_of(programs.exchange(client, secret, grant_type="client_credentials"))
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "scope"}
    principal = programs.site.services.oauth_tokens.authenticate(tokens["access_token"])
    assert (principal.user_id, principal.is_admin) == (bob.id, False)
    wrong = programs.exchange(client, secret, grant_type="client_credentials", scope="openid")
    assert json_of(wrong)["error"] == "invalid_scope"


def test_a_disabled_user_is_out_at_once(programs: Programs, ada: Browser) -> None:
    """And his programs do not come back with him."""
    bob = programs.site.add_member("Bob")
    browser = Browser(programs.site)
    browser.sign_in("bob@example.org", "correct horse")
    client, secret = programs.add(owner="bob@example.org")
    code, late = programs.code(browser, client), programs.code(browser, client)
    tokens = json_of(programs.redeem(client, secret, code))
    accounts = programs.site.services.accounts
    accounts.set_disabled(bob, is_disabled=True)
    assert not programs.is_good(tokens["access_token"])
    assert programs.refresh(client, secret, tokens["refresh_token"]).status == 400
    assert programs.redeem(client, secret, late).status == 400
    assert programs.exchange(client, secret, grant_type="client_credentials").status == 400
    accounts.set_disabled(accounts.get_user(bob.id), is_disabled=False)
    assert not programs.is_good(tokens["access_token"])


def test_a_removed_client_is_out_at_once(programs: Programs, ada: Browser) -> None:
    client, secret = programs.add()
    tokens = json_of(programs.redeem(client, secret, programs.code(ada, client)))
    programs.site.services.oauth_clients.remove(programs.admin, client.client_id)
    assert not programs.is_good(tokens["access_token"])
    assert programs.refresh(client, secret, tokens["refresh_token"]).status == 401


def test_a_replaced_secret_is_refused(programs: Programs) -> None:
    client, secret = programs.add()
    new = programs.site.services.oauth_clients.rotate_secret(programs.admin, client.client_id)
    form = {"grant_type": "client_credentials"}
    assert [programs.exchange(client, each, **form).status for each in (secret, new)] == [401, 200]


def test_a_person_signs_a_program_out(programs: Programs, ada: Browser) -> None:
    """On the profile page; of two people only himself."""
    programs.site.add_member("Bob")
    bob = Browser(programs.site)
    bob.sign_in("bob@example.org", "correct horse")
    client, secret = programs.add()
    mine, his = (
        json_of(programs.redeem(client, secret, programs.code(each, client)))["access_token"]
        for each in (ada, bob)
    )
    assert "Sheets" in ada.get("/profile").text
    token = ada.get("/profile").fields()["csrf_token"]
    form = {"csrf_token": token, "client_id": client.client_id}
    assert ada.post("/profile/programs/sign-out", form).status == 303
    assert [programs.is_good(each) for each in (mine, his)] == [False, True]
    assert "Sheets" not in ada.get("/profile").text


def test_who_fails_too_often_waits(programs: Programs) -> None:
    """60 wrong secrets a minute from one place; what goes right does not count."""
    client, secret = programs.add()
    form = {"grant_type": "client_credentials"}
    for _ in range(60):
        assert programs.exchange(client, "wrong", **form).status == 401
    seen = programs.exchange(client, secret, **form)
    assert (seen.status, seen.header("Retry-After")) == (429, "60")
    programs.site.clock.advance(60)
    assert all(programs.exchange(client, secret, **form).status == 200 for _ in range(70))


def test_bodies_that_are_no_forms(programs: Programs) -> None:
    """JSON, other bytes, a parameter twice: invalid_request."""
    for body, media_type in (
        (b"{}", "application/json"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"\xff", "application/x-www-form-urlencoded"),
        (b"grant_type=a&grant_type=b", "application/x-www-form-urlencoded"),
        (b"a=1&" * 60, "application/x-www-form-urlencoded"),
    ):
        seen = programs.wire.post("/connect/token", body, content_type=media_type)
        assert (seen.status, json_of(seen)["error"]) == (400, "invalid_request")


def test_discovery_names_addresses_that_exist(programs: Programs) -> None:
    """RFC 8414 and OpenID Connect say the same here; the keys hold nothing private."""
    openid = json_of(programs.wire.get("/.well-known/openid-configuration"))
    assert openid == json_of(programs.wire.get("/.well-known/oauth-authorization-server"))
    assert openid["issuer"] == "http://pipe.test"
    keys = json_of(programs.wire.get("/.well-known/jwks.json"))["keys"]
    assert [set(each) for each in keys] == [{"kty", "n", "e", "use", "alg", "kid"}]  # type: ignore[arg-type]


def test_tokens_are_signed_by_the_published_key(programs: Programs, ada: Browser) -> None:
    """Before and after a rotation; the id token names person, client and nonce."""
    from joserfc import jwt
    from joserfc.jwk import KeySet

    client, secret = programs.add()
    tokens = json_of(programs.redeem(client, secret, programs.code(ada, client, nonce="n-1")))
    programs.site.services.oauth_issuer.rotate_key(programs.admin)
    later = json_of(programs.refresh(client, secret, tokens["refresh_token"]))
    keys = KeySet.import_key_set(dict(programs.site.services.oauth_issuer.public_keys()))  # type: ignore[arg-type]
    found = [jwt.decode(each["access_token"], keys) for each in (tokens, later)]
    assert found[0].header["kid"] != found[1].header["kid"]
    assert [each.header["typ"] for each in found] == ["at+jwt", "at+jwt"]
    assert programs.is_good(tokens["access_token"])
    user = programs.site.services.accounts.find_user("ada@example.org")
    claims = jwt.decode(tokens["id_token"], keys).claims
    expected = {"sub": str(user.uid), "aud": client.client_id, "nonce": "n-1"}
    assert expected.items() <= claims.items()
    assert not programs.is_good(tokens["id_token"])


def test_a_forged_token_is_refused_even_if_it_is_signed(programs: Programs) -> None:
    """Only what was issued counts, whatever the key says."""
    signer = programs.site.services.oauth_issuer._signer
    forged = signer.sign({"sub": "x", "scope": "onboarding openid"}, kind="at+jwt")
    assert not programs.is_good(forged)


def test_a_program_of_another_workspace_is_not_known(programs: Programs, ada: Browser) -> None:
    """Neither to people nor at the token endpoint; each workspace is an issuer of its own."""
    from tests.contracts.house import new_workspace

    programs.site.store.add_workspace(new_workspace("acme"))
    client, secret = programs.add()
    code = programs.code(ada, client)
    there = Browser(programs.site, prefix="/acme")
    assert there.get(programs.question(client)).status == 400
    programs.wire.prefix = "/acme"
    assert programs.redeem(client, secret, code).status == 401
    found = json_of(programs.wire.get("/.well-known/openid-configuration"))
    assert found["issuer"] == "http://pipe.test/acme"
    programs.wire.prefix = ""
    assert programs.redeem(client, secret, code).status == 200
