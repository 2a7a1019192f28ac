"""`touchtone doctor` finds what keeps Twilio and the server apart, and says what was signed and what was seen; over real sockets."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import uvicorn

from engine import create_app
from engine.account.client import Credentials, open_client
from engine.account.doctor import examine_account, examine_address, examine_apps, examine_numbers, examine_trial
from engine.account.fetching import Answer, FetchError, fetch
from engine.account.findings import Finding, Status
from engine.account.roundtrip import Signer, differences, round_trip, signed_request, signers
from engine.server.keys import SharedKey
from engine.server.running import bind
from engine.server.settings import Settings
from tests.account.fake import ACCOUNT, Fake, number

TOKEN = "topsecrettoken"
CLINIC = "steps:\n  welcome:\n    - say: Hello.\n"
KEY = "KS1=sharedsecret"


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def running(app: Any, listener: Any) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[..., str]]:
    """Serves a flow on this machine behind a `proxy` that may change the ASGI scope; its address."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/clinic.yaml").write_text(CLINIC)
    with ExitStack() as stack:

        def serving(proxy: Callable[[dict[str, Any]], dict[str, Any]] = dict, path: str = "", **settings: Any) -> str:
            listener = bind("127.0.0.1", 0, strict=True)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}{path}"
            given = {"public_url": url, "tokens": TOKEN, "store": "memory:"} | settings
            app = create_app(tmp_path / "flows", **{name: value for name, value in given.items() if value is not None})

            async def behind(scope: Any, receive: Any, send: Any) -> None:
                await app(proxy(scope) if scope["type"] == "http" else scope, receive, send)

            stack.enter_context(running(behind, listener))
            return url

        yield serving


ASK = partial(fetch, loopback=True)


def examined(url: str, tokens: tuple[str, ...] = (TOKEN,), **settings: Any) -> list[Finding]:
    found = examine_address(Settings(tokens=tokens, twilio_api="http://127.0.0.1:1", **settings), url, ASK, now)
    assert not any(token in str(found) for token in (*tokens, "sharedsecret"))
    return list(found)


def problem(found: list[Finding]) -> Finding:
    (one,) = [finding for finding in found if finding.status is not Status.OK]
    return one


def test_a_server_that_is_right_is_said_to_be(serve):
    url = serve()
    assert [(one.status, one.text) for one in examined(url)] == [
        (Status.OK, f"{url} answers"),
        (Status.OK, "TWILIO_AUTH_TOKEN: accepted"),
    ]


def test_each_secret_goes_round(serve):
    url = serve(tokens=f"older,{TOKEN}", shared_keys=KEY)
    keys = (SharedKey("KS1", "sharedsecret"), SharedKey("KS2", "unknownsecret"))
    texts = [one.text for one in examined(url, (TOKEN, "older", "unknown"), shared_keys=keys)[1:]]
    assert texts == [
        "token 1 of 3: accepted",
        "token 2 of 3: accepted",
        "token 3 of 3: the server does not know it",
        "shared key KS1: accepted",
        "shared key KS2: the server does not know it",
    ]


def test_what_to_do_is_said_once(serve):
    url = serve(tokens=f"older,{TOKEN}", public_url="https://phone.example.com")
    first, second = examined(url, (TOKEN, "older"))[1:]
    assert (first.status, second.status) == (Status.ERROR, Status.ERROR)
    assert (first.fix, len(first.details)) == (f"start the server with TOUCHTONE_PUBLIC_URL={url}", 2)
    assert (second.fix, second.details) == ("", ())


def test_a_shared_key_with_another_algorithm_is_said(serve):
    url = serve(shared_keys="KS1:HMAC_SHA1=sharedsecret")
    found = examined(url, (), shared_keys=(SharedKey("KS1", "sharedsecret"),))
    assert "it is signed with another algorithm than its shared key is configured for" in problem(found).text


@pytest.mark.parametrize(
    ("public", "parts"),
    [
        ("https://phone.example.com", "different scheme, host"),
        ("http://127.0.0.1:1", "different port"),
        ("http://127.0.0.1", "different port"),
        ("https://phone.example.com/x", "different scheme, host, path"),
    ],
)
def test_a_server_with_another_public_address_is_shown_beside_ours(serve, public, parts):
    url = serve(public_url=public)
    one = problem(examined(url))
    assert one.text == f"TWILIO_AUTH_TOKEN: the server rejects it: {parts}"
    assert one.fix == f"start the server with TOUCHTONE_PUBLIC_URL={url}"
    assert one.details[:2] == (
        f"signed  {url}/flows/-doctor",
        f"seen    {public}/flows/-doctor",
    )


def changing(**changes: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda scope: {**scope, **{name: change(scope[name]) for name, change in changes.items()}}


def without(header: bytes) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return changing(headers=lambda headers: [pair for pair in headers if pair[0] != header])


@pytest.mark.parametrize(
    ("proxy", "text", "fix"),
    [
        (changing(query_string=lambda query: query.replace(b"%27", b"'")), "different query", "pass the query on unchanged"),
        (without(b"x-twilio-signature"), "different X-Twilio-Signature", "drops or changes the header X-Twilio-Signature"),
        (
            changing(headers=lambda them: [(a, b"text/plain" if a == b"content-type" else b) for a, b in them]),
            "different Content-Type",
            "changes the body",
        ),
    ],
)  # fmt: skip
def test_what_a_proxy_changes_is_named(serve, proxy, text, fix):
    one = problem(examined(serve(proxy)))
    assert text in one.text
    assert fix in one.fix


@pytest.mark.parametrize("strips", [False, True])
def test_a_path_of_the_public_address_may_be_stripped_or_not(serve, strips):
    def cut(path: Any) -> Any:
        return path[len("/phone") :]

    url = serve(changing(path=cut, raw_path=cut) if strips else dict, path="/phone")
    text = examined(url)[-1].text
    note = "; a proxy changes /phone/flows/-doctor to /flows/-doctor" if strips else ""
    assert text == f"TWILIO_AUTH_TOKEN: accepted{note}"


def test_a_server_that_checks_nothing_is_warned_of(serve):
    assert problem(examined(serve(unsigned="true"))).text.startswith("TWILIO_AUTH_TOKEN: right, but the server answers")
    assert (
        problem(examined(serve(unsigned="true", tokens=""))).text
        == "TWILIO_AUTH_TOKEN: the server checks no signatures"
    )


def test_an_address_without_flows_is_said(serve):
    one = problem(examined(f"{serve()}/other"))
    assert "nothing is served there (HTTP 404)" in one.text


@pytest.mark.parametrize(
    ("answer", "text", "fix"),
    [
        (Answer(301, {"location": "https://b.example.com/?secret=1"}, b""), "redirected to https://b.example.com/ (HTTP 301)", "redirect loses"),
        (Answer(401, {}, b""), "a login is required", "without a login"),
        (Answer(502, {}, b""), "a proxy cannot reach the server", "start the server"),
        (Answer(503, {}, b"not ready: no flows\n"), "is not ready: no flows", "log of the server"),
        (Answer(200, {}, b"<html>Welcome to nginx"), "the answer is not from Touchtone (HTTP 200)", "the server of your flows"),
    ],
)  # fmt: skip
def test_what_stands_in_front_is_named(answer, text, fix):
    settings = Settings(tokens=(TOKEN,))
    (one,) = examine_address(settings, "https://a.example.com", lambda *_, **__: answer, now)
    assert one.status is Status.ERROR
    assert text in one.text
    assert fix in one.fix


@pytest.mark.parametrize(
    ("kind", "fix"),
    [(FetchError.NAME, "DNS"), (FetchError.CERTIFICATE, "chain"), (FetchError.TLS, "https"), (FetchError.TIMEOUT, "firewall"), (FetchError.PRIVATE, "internet"), (FetchError.CONNECT, "start the server")],
)  # fmt: skip
def test_an_address_that_cannot_be_reached_says_what_to_do(kind, fix):
    def fail(*_: object, **__: object) -> Answer:
        raise FetchError(kind, "the reason")

    (one,) = examine_address(Settings(tokens=(TOKEN,)), "https://a.example.com", fail, now)
    assert one.text == "https://a.example.com cannot be reached: the reason"
    assert fix in one.fix


def test_http_and_private_addresses_are_warned_of():
    def fine(method: str, *_: object, **__: object) -> Answer:
        return (
            Answer(200, {}, b"ok\n") if method == "GET" else Answer(200, {"content-type": "text/xml"}, b"<Response/>")
        )

    def first(url: str, **settings: Any) -> Finding:
        return examine_address(Settings(**settings), url, fine, now)[0]

    assert "is not encrypted" in first("http://a.example.com").text
    assert "a private address, which Twilio cannot reach" in first("https://10.0.0.1").text
    assert "a loopback address, which Twilio cannot reach" in first("http://127.0.0.1:8000").text
    assert first("http://127.0.0.1:8000", twilio_api="http://127.0.0.1:8010").status is Status.OK
    assert first("").text == "TOUCHTONE_PUBLIC_URL is not set"


def test_a_server_whose_clock_is_far_off_does_not_take_the_proof(serve):
    found = round_trip(serve(), Signer("token", TOKEN), ASK, int((now() - timedelta(hours=1)).timestamp()))
    assert found.text == "token: accepted, but the server does not say what it saw"
    assert "clock" in found.fix


def test_over_https_no_port_is_signed():
    sent = signed_request("https://example.com:8443", Signer("token", TOKEN), 0)
    assert sent.url.startswith("https://example.com:8443/flows/")
    assert sent.signed.startswith("https://example.com/flows/")
    seen = {"url": sent.url, "headers": {name.lower(): value for name, value in sent.headers.items()}}
    assert list(differences(sent, seen)) == ["body"]
    assert "topsecret" not in repr(sent)


def test_an_answer_of_no_known_form_is_no_crash():
    for body in (b"", b"[]", b"{}", b'{"refused": 1, "headers": [], "body": 3, "url": 5}', b"[" * 5000):
        answer = Answer(200, {"content-type": "application/json"}, body)
        found = round_trip("https://a.example.com", Signer("token", TOKEN), lambda *_, answer=answer, **__: answer, 0)
        assert found.status is Status.ERROR


def test_the_signers_are_those_of_the_settings():
    keys = (SharedKey("KS1", "sharedsecret"),)
    assert [one.name for one in signers(Settings(tokens=("a",), shared_keys=keys))] == [
        "TWILIO_AUTH_TOKEN",
        "shared key KS1",
    ]


def opens(standin: Any) -> Callable[[Credentials], Any]:
    return lambda credentials: open_client(credentials, api=standin.base)


def account(standin: Any, clock: Callable[[], datetime] = now, **changes: Any) -> Any:
    values = standin.settings()
    settings = {"account_sid": values["TWILIO_ACCOUNT_SID"], "tokens": (values["TWILIO_AUTH_TOKEN"],)} | changes
    return examine_account(Settings(**settings), opens(standin), clock)


def test_an_account_that_is_right(standin):
    server = standin()
    found = account(server)
    assert [(one.check, one.status) for one in found.findings] == [("account", Status.OK), ("clock", Status.OK)]
    assert (found.trial, found.client is not None) == (False, True)


def test_tokens_and_keys_that_are_wrong_are_named_and_not_shown(standin):
    server = standin()
    right = server.settings()["TWILIO_AUTH_TOKEN"]
    found = account(server, tokens=(right, "oldsecret"), api_key="SK" + "1" * 32, api_secret="keysecret")
    told = {one.text.partition(":")[0]: one.status for one in found.findings}
    assert told["token 1 of 2 is right"] is Status.OK
    assert told["token 2 of 2 is not accepted"] is Status.WARNING
    assert told[f"the API key SK{'1' * 32}"] is Status.ERROR
    assert not any(secret in str(found) for secret in (right, "oldsecret", "keysecret"))
    wrong = account(server, tokens=("oldsecret",))
    assert [one.status for one in wrong.findings] == [Status.ERROR]
    assert "Twilio error 20003" in wrong.findings[0].text


def test_without_an_account_it_says_what_to_write(standin):
    assert "TWILIO_ACCOUNT_SID is not set" in account(standin(), account_sid="").findings[0].text
    assert "no signature can be checked" in account(standin(), tokens=()).findings[0].text


def test_no_answer_is_one_sentence():
    unreachable = examine_account(
        Settings(account_sid=ACCOUNT, tokens=(TOKEN,), twilio_api="http://127.0.0.1:9"),
        lambda credentials: open_client(credentials, api="http://127.0.0.1:9", seconds=1),
        now,
    )
    assert "Twilio cannot be reached" in unreachable.findings[0].text
    assert "http://127.0.0.1:9: start `touchtone standin`" in unreachable.findings[0].fix


@pytest.mark.parametrize(("off", "text"), [(-30, "behind"), (30, "ahead of"), (2, "as Twilio's")])
def test_a_clock_that_is_off_is_said(standin, off, text):
    found = account(standin(), lambda: now() + timedelta(seconds=off))
    assert text in next(one.text for one in found.findings if one.check == "clock")


def test_a_trial_account_says_what_it_cannot_do(standin):
    found = account(standin(trial=True))
    assert found.trial
    (one,) = examine_trial(found.client)
    assert (one.status, one.details) == (Status.WARNING, ("verified: none",))


class Flow:
    def __init__(self, *channels: str) -> None:
        self.channels: tuple[str, ...] = channels
        self.steps: Mapping[str, object] = {"menu": 1}


FLOWS = {"clinic": Flow("voice"), "survey": Flow("messaging")}
OURS = "https://example.com"


@pytest.mark.parametrize(
    ("settings", "status", "text"),
    [
        ({"voice_url": f"{OURS}/flows/clinic"}, Status.OK, "+15550100 calls: flow clinic, messages: –"),
        ({"voice_url": f"{OURS}/flows/clinic/menu"}, Status.OK, "+15550100 calls: flow clinic/menu, messages: –"),
        ({"voice_url": f"{OURS}/flows/clinik"}, Status.ERROR, "sends calls to flow clinik: this flow does not exist here"),
        ({"voice_url": f"{OURS}/flows/clinic/x"}, Status.ERROR, "flow clinic/x: this step does not exist"),
        ({"sms_url": f"{OURS}/flows/clinic"}, Status.ERROR, "flow clinic: the flow does not answer messages"),
        ({"voice_url": "https://old.example.com/flows/clinic"}, Status.WARNING, "at https://old.example.com, not at"),
        ({"voice_url": "http://example.com/flows/clinic"}, Status.WARNING, "at http://example.com, not at"),
        ({"sms_url": "http://me:word@a.example.org/x?k=1"}, Status.WARNING, "sends messages to a.example.org by http"),
        ({"voice_url": f"{OURS}/flows/clinic", "status_callback": f"{OURS}/flows/gone"}, Status.ERROR, "tells its call status to flow gone"),
    ],
)  # fmt: skip
def test_where_numbers_go_is_judged(settings, status, text):
    fake = Fake({"incoming_phone_numbers": [number("+15550100", **settings)]})
    one = examine_numbers(fake.client(), Settings(), OURS, FLOWS)[0]
    assert one.status is status
    assert text in one.text
    assert "word" not in str(one)


def test_numbers_that_go_elsewhere_and_a_foreign_sender_are_said():
    fake = Fake({"incoming_phone_numbers": [number("+15550100")], "outgoing_caller_ids": [number("+15550177")]})

    def told(from_: str) -> list[str]:
        return [one.text for one in examine_numbers(fake.client(), Settings(from_=from_), OURS, FLOWS)][1:]

    assert told("") == ["no number goes to a flow here"]
    assert told("+15550100") == told("MG" + "0" * 32) == told("")
    assert "a verified caller ID" in told("+15550177")[1]
    assert told("+15550199")[1] == "TOUCHTONE_FROM is +15550199, which is not a number of this account"
    fake.kept.clear()
    assert told("") == []


@pytest.mark.parametrize(
    ("app", "status", "text"),
    [
        ({"friendly_name": "clinic", "voice_url": f"{OURS}/flows/clinic"}, Status.OK, "clinic: right"),
        ({"friendly_name": "desk", "voice_url": f"{OURS}/flows/gone"}, Status.ERROR, "calls to flow gone: this flow does not exist here"),
        ({"friendly_name": "desk", "sms_url": f"{OURS}/flows/clinic"}, Status.ERROR, "the flow does not answer messages"),
        ({"friendly_name": "clinic", "voice_url": "https://old.example.com/flows/clinic"}, Status.WARNING, "at https://old.example.com, not at"),
    ],
)  # fmt: skip
def test_where_apps_go_is_judged(app, status, text):
    fake = Fake({"applications": [{"sid": "AP" + "1" * 32} | app]})
    (one,) = examine_apps(fake.client(), Settings(), OURS, FLOWS)
    assert one.status is status
    assert text in one.text


def test_apps_of_others_are_nobodys_business_but_one_that_is_missing_is_said():
    fake = Fake(
        {"applications": [{"sid": "AP" + "1" * 32, "friendly_name": "x", "voice_url": "https://a.example.org/x"}]}
    )
    assert examine_apps(fake.client(), Settings(), OURS, FLOWS) == ()
    (one,) = examine_apps(fake.client(), Settings(apps={"clinic": "AP" + "2" * 32}), OURS, FLOWS)
    assert one.text == f"TOUCHTONE_APPS names AP{'2' * 32}, which is not an app of this account"
    assert one.fix == "touchtone numbers app clinic"
    assert examine_apps(fake.client(), Settings(apps={"": "AP" + "1" * 32}), OURS, FLOWS)[0].status is Status.OK
