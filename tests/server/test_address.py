"""Whatever stands in front of the application, the address that is signed is the one Twilio knows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from engine.server.address import Address, bare
from engine.server.pages import Rejected

PLACES = {
    "nothing in front": ("https://example.com", "", "/flows/clinic", "https://example.com/flows/clinic"),
    "a slash at the end of the public address": ("https://example.com/", "", "/flows/clinic", "https://example.com/flows/clinic"),
    "a prefix that the proxy strips": (
        "https://example.com/twilio", "", "/flows/clinic", "https://example.com/twilio/flows/clinic",
    ),
    "a prefix that the proxy strips and the server puts back": (
        "https://example.com/twilio", "/twilio", "/twilio/flows/clinic", "https://example.com/twilio/flows/clinic",
    ),
    "the same with a slash too many": (
        "https://example.com/twilio/", "/twilio/", "/twilio//flows/clinic", "https://example.com/twilio/flows/clinic",
    ),
    "mounted below the public address": ("https://example.com", "/ivr", "/ivr/flows/clinic", "https://example.com/ivr/flows/clinic"),
    "mounted at the public address": ("https://example.com/ivr", "/ivr", "/ivr/flows/clinic", "https://example.com/ivr/flows/clinic"),
    "stripped and mounted": (
        "https://example.com/twilio", "/ivr", "/ivr/flows/clinic", "https://example.com/twilio/ivr/flows/clinic",
    ),
    "stripped, put back and mounted": (
        "https://example.com/twilio", "/twilio/ivr", "/twilio/ivr/flows/clinic", "https://example.com/twilio/ivr/flows/clinic",
    ),
    "a prefix that only looks like the mount": (
        "https://example.com/xivr", "/ivr", "/ivr/flows/clinic", "https://example.com/xivr/ivr/flows/clinic",
    ),
    "a host that is called like the mount": ("https://ivr", "/ivr", "/ivr/flows/clinic", "https://ivr/ivr/flows/clinic"),
    "a server that leaves the prefix out of the path": (
        "https://example.com/ivr", "/ivr", "/flows/clinic", "https://example.com/ivr/flows/clinic",
    ),
    "a prefix that is escaped": (
        "https://example.com", "/caf\u00e9 bar", "/caf%C3%A9%20bar/flows/clinic", "https://example.com/caf%C3%A9%20bar/flows/clinic",
    ),
    "escapes stay as they were sent": ("https://example.com", "", "/flows/a%2fb%20c", "https://example.com/flows/a%2fb%20c"),
    "another port": ("https://example.com:8443", "", "/flows/clinic", "https://example.com:8443/flows/clinic"),
    "a name, a password and a fragment": (
        "https://user:p@ss@example.com/twilio#rc=2", "", "/flows/clinic", "https://example.com/twilio/flows/clinic",
    ),
    "the request itself": ("", "", "/flows/clinic", "http://dev.local:8000/flows/clinic"),
    "the request itself, mounted": ("", "/ivr", "/ivr/flows/clinic", "http://dev.local:8000/ivr/flows/clinic"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_the_signed_address(name: str) -> None:
    public, root, raw, expected = PLACES[name]
    scope = {
        "type": "http", "scheme": "http", "root_path": root, "path": raw, "raw_path": raw.encode(), "headers": [(b"host", b"dev.local:8000")],
    }  # fmt: skip
    folder, base, path = Address(public).locate(scope)
    assert base + path == expected
    assert path.startswith("/flows/")
    assert folder == base + "/flows/"


def test_the_path_is_escaped_where_the_server_gives_no_raw_one() -> None:
    assert Address("https://example.com").locate({"path": "/flows/a b"})[2] == "/flows/a%20b"


@pytest.mark.parametrize(
    "host", ["", "a b", "a/b", "<script>", "user@host", "host:99999999", "[::1", "x" * 10 + "\n", "caf\u00e9"]
)
def test_an_absurd_host_is_rejected_where_it_is_needed(host: str) -> None:
    scope = {"scheme": "http", "path": "/flows/x", "raw_path": b"/flows/x", "headers": [(b"host", host.encode())]}
    with pytest.raises(Rejected) as caught:
        Address().locate(scope)
    assert caught.value.status == 400
    assert Address("https://example.com").locate(scope)[1] == "https://example.com"


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "flows_dev:80"])
def test_the_hosts_of_development_are_taken(host: str) -> None:
    scope = {"scheme": "http", "path": "/flows/x", "raw_path": b"/flows/x", "headers": [(b"host", host.encode())]}
    assert Address().locate(scope)[1] == f"http://{host}"


def test_two_hosts_are_no_host() -> None:
    scope = {"scheme": "http", "path": "/flows/x", "headers": [(b"host", b"a"), (b"host", b"b")], "server": ("c", 80)}
    with pytest.raises(Rejected):
        Address().locate(scope)


def test_without_a_host_header_the_address_of_the_server_is_taken() -> None:
    scope = {"scheme": "http", "path": "/flows/x", "headers": [], "server": ("10.0.0.1", 8000)}
    assert Address().locate(scope)[1] == "http://10.0.0.1:8000"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://user:pass@example.com/", "https://example.com"),
        ("https://example.com/a@b", "https://example.com/a@b"),
        ("https://example.com?a@b", "https://example.com?a@b"),
        ("user:pass@example.com", "example.com"),
        ("https://example.com#rc=2&rp=all", "https://example.com"),
    ],
)
def test_what_twilio_does_not_sign_is_cut(written: str, kept: str) -> None:
    assert bare(written) == kept


@pytest.mark.parametrize("public", ["https://example.com", "https://example.com/outer/ivr"])
def test_mounted_in_another_application(exchange: Callable[..., Any], public: str) -> None:
    """Starlette's own mounts, one in another, give the same address as a prefix by hand."""
    phone = exchange(public_url=public)
    phone.app = Starlette(routes=[Mount("/outer", routes=[Mount("/ivr", app=phone.app)])])
    assert phone.call("/outer/ivr/flows/clinic/menu", public="https://example.com").status == 200
    assert phone.turns[0].base == "../"
    assert phone.turns[0].folder == "https://example.com/outer/ivr/flows/"
    assert phone.call("/outer/ivr/flows/clinic", public="https://example.com/ivr").status == 403


def test_behind_a_proxy_that_strips_its_prefix(exchange: Callable[..., Any]) -> None:
    phone = exchange(public_url="https://example.com/twilio")
    assert phone.call("/twilio/flows/clinic", seen="/flows/clinic").status == 200
    assert phone.call("/flows/clinic").status == 403
    assert phone.call("/twilio/flows/clinic", seen="/twilio/flows/clinic", root_path="/twilio").status == 200


# Public address, path that Twilio asks for, and the paths that reach the application.
STRIPPED_OR_NOT = [
    ("https://example.com/ivr", "/ivr/flows/clinic", ("/flows/clinic", "/ivr/flows/clinic")),
    ("https://example.com/ivr/", "/ivr/flows/clinic/menu/", ("/flows/clinic/menu/", "/ivr/flows/clinic/menu/")),
    ("https://example.com/a/b", "/a/b/flows/clinic", ("/flows/clinic", "/a/b/flows/clinic", "/b/flows/clinic")),
    ("https://example.com/clinic", "/clinic/flows/clinic", ("/flows/clinic", "/clinic/flows/clinic")),
    ("https://example.com/flows", "/flows/flows/clinic", ("/flows/clinic", "/flows/flows/clinic")),
    ("https://example.com/flows", "/flows/flows/flows", ("/flows/flows", "/flows/flows/flows")),
    ("https://example.com/flows", "/flows/flows/flows/menu", ("/flows/flows/menu", "/flows/flows/flows/menu")),
    ("https://example.com/flows", "/flows/flows/flows/flows", ("/flows/flows/flows", "/flows/flows/flows/flows")),
    ("https://example.com/flows", "/flows/flows/menu", ("/flows/menu", "/flows/flows/menu")),
    ("https://example.com/flows", "/flows/flows/healthz", ("/flows/healthz", "/flows/flows/healthz")),
    ("https://example.com/flows", "/flows/flows/api/menu", ("/flows/api/menu", "/flows/flows/api/menu")),
    ("https://example.com/flows", "/flows/flows/healthz/", ("/flows/healthz/", "/flows/flows/healthz/")),
    ("https://example.com/a/flows", "/a/flows/flows/flows/menu", ("/flows/flows/menu", "/flows/flows/flows/menu", "/a/flows/flows/flows/menu")),
    ("https://example.com/ivr/ivr", "/ivr/ivr/flows/clinic", ("/flows/clinic", "/ivr/flows/clinic", "/ivr/ivr/flows/clinic")),
    ("https://example.com/caf%C3%A9", "/caf%C3%A9/flows/clinic", ("/flows/clinic", "/caf%C3%A9/flows/clinic", "/caf%c3%a9/flows/clinic")),
    ("https://example.com/a%20b", "/a%20b/flows/cl%69nic", ("/flows/cl%69nic", "/a%20b/flows/cl%69nic")),
    ("https://user:pass@example.com:8443/ivr#rc=2", "/ivr/flows/clinic", ("/flows/clinic", "/ivr/flows/clinic")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("public", "target", "seen"), [(public, target, one) for public, target, every in STRIPPED_OR_NOT for one in every]
)
@pytest.mark.parametrize("query", ["", "?_a=0&who=me"])
def test_the_path_of_the_public_address_may_be_stripped_or_not(
    exchange: Callable[..., Any], public: str, target: str, seen: str, query: str
) -> None:
    phone = exchange(public_url=public)
    signed = "https://example.com" + (":8443" if "8443" in public else "")
    assert phone.call(target + query, seen=seen + query, public=signed).status == 200
    (turn,) = phone.turns
    below = target.removeprefix(urlsplit(public).path.rstrip("/") + "/flows/")
    assert turn.flow == unquote(below).split("/")[0]
    assert turn.base == "../" * below.count("/")
    assert turn.folder == bare(public) + "/flows/"
    assert phone.call(target + "x" + query, seen=seen + query, public=signed).status == 403


@pytest.mark.parametrize(
    ("public", "path", "status"),
    [
        ("https://example.com/ivr", "/ivr/healthz", 200),
        ("https://example.com/ivr", "/healthz", 200),
        ("https://example.com/ivr", "/ivr/readyz", 200),
        ("https://example.com/ivr", "/ivr", 200),
        ("https://example.com/ivr", "/ivr/", 200),
        ("https://example.com/ivr", "/ivr/flows/audio/a.mp3", 200),
        ("https://example.com/ivr", "/flows/audio/a.mp3", 200),
        ("https://example.com/flows", "/flows/flows/audio/a.mp3", 200),
        ("https://example.com/a/b", "/b/healthz", 200),
        ("https://example.com/flows", "/flows/healthz", 200),
        ("https://example.com/ivr", "/ivr/ivr/healthz", 404),
        ("https://example.com/ivr", "/ivrx/healthz", 404),
        ("https://example.com/ivr", "/other/flows/audio/a.mp3", 404),
        ("https://example.com/ivr", "/ivr/flows/", 404),
        ("https://example.com/ivr", "/ivr/flows/audio/../../secret", 404),
        ("https://example.com", "/ivr/healthz", 404),
    ],
)
def test_pages_and_recordings_are_found_below_the_path_too(
    exchange: Callable[..., Any], tmp_path: Path, public: str, path: str, status: int
) -> None:
    (tmp_path / "a.mp3").write_bytes(b"sound")
    phone = exchange(public_url=public, options={"audio": tmp_path, "index": lambda: "flows"})
    assert phone.ask(path, method="GET").status == status


def test_a_path_that_is_not_in_the_public_address_is_explained_in_the_log(
    exchange: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert exchange(public_url="https://example.com/ivr").ask("/phone/flows/clinic").status == 404
    assert "no flow is served below '/phone' (not in the public address https://example.com/ivr)" in caplog.text
    caplog.clear()
    assert exchange(public_url="", unsigned=True).ask("/ivr/flows/clinic").status == 404
    assert "no flow is served below '/ivr' (set --public-url to include it)" in caplog.text
    caplog.clear()
    assert exchange().ask("/favicon.ico", method="GET").status == 404
    assert caplog.text == ""
    assert exchange().ask("/api/flows/clinic/calls").status == 404
    assert "404 for '/api/flows/clinic/calls': the HTTP API is off without TOUCHTONE_API_KEYS" in caplog.text
