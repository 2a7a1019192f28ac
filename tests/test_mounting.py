"""Touchtone in somebody's own application: as the README mounts it, and where that application does less than it could."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from engine import PlayedTurn, create_app, unsigned
from engine.phone import Phone, PhoneCall, Request, Response, in_process
from engine.phone.signing import signature
from engine.server.dotenv import SettingsError

ROOT = Path(__file__).parents[1]
TOKEN = "s3cr3t-auth-token"
WEBHOOK = "https://example.com/phone/flows/clinic"
SECTION = (ROOT / "README.md").read_text().partition("## In an application of your own")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the clinic, as somebody's own project has it."""
    shutil.copytree(ROOT / "flows", tmp_path / "flows")
    monkeypatch.chdir(tmp_path)
    for name in ("TOUCHTONE_STORE", "TOUCHTONE_PUBLIC_URL", "TOUCHTONE_SHARED_KEYS", "TOUCHTONE_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    return tmp_path


def play(transport: Any) -> PhoneCall:
    """A call that is asked an account number and has it read back, which the server must remember."""
    phone = Phone(transport, base="https://example.com", token=TOKEN)
    call = phone.ring(WEBHOOK).press("2").press("123456")
    assert any("1 2 3 4 5 6" in text or "123456" in text for text in call.heard), call.heard
    assert all(asked.url.startswith("https://example.com/phone/flows/") for asked in call.requests)
    assert not call.warnings
    return call.press("1").dial("busy").record(12, key="#")


def example(number: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    exec(compile(BLOCKS[number], "README.md", "exec"), made)
    return made


class TestReadme:
    def test_it_shows_both(self) -> None:
        assert [isinstance(example(0)["app"], FastAPI), type(example(1)["app"]) is Starlette] == [True, True]
        assert len(BLOCKS) == 2

    @pytest.mark.parametrize("number", [0, 1], ids=["FastAPI", "Starlette"])
    def test_a_call_is_answered_below_the_mount(self, number: int, home: Path, capsys: Any) -> None:
        with in_process(example(number)["app"], "https://example.com") as transport:
            call = play(transport)
        assert call.over
        assert call.ended_by == "flow"
        assert (home / ".touchtone" / "sessions.sqlite").exists()
        told = capsys.readouterr().out.splitlines()
        assert len(told) == (0, call.round_trips)[number]
        assert all(re.fullmatch(r"[0-9:]{8} CA0\S+ clinic \d+\.\d ms", line) for line in told)

    @pytest.mark.parametrize("number", [0, 1], ids=["FastAPI", "Starlette"])
    def test_nobody_else_than_twilio_is_answered(self, number: int) -> None:
        with TestClient(example(number)["app"], base_url="https://example.com") as client:
            assert client.post("/phone/flows/clinic", data={"CallSid": "CA1"}).status_code == 403
            assert client.get("/phone/readyz").status_code == 200

    def test_its_own_routes_are_signed_or_for_anybody(self) -> None:
        with TestClient(example(1)["app"], base_url="https://example.com") as client:
            assert client.get("/phone/about").text == "We answer calls."
            assert client.post("/phone/orders", data={"From": "+15550001111"}).status_code == 403
            signed = signature(TOKEN, "https://example.com/phone/orders", (("From", "+15550001111"),))
            answer = client.post("/phone/orders", data={"From": "+15550001111"}, headers={"X-Twilio-Signature": signed})
            assert answer.text == "order of +15550001111"


def parents(phone: Any) -> Iterator[Any]:
    fast = FastAPI()
    fast.mount("/phone", phone)
    yield fast
    yield Starlette(routes=[Mount("/phone", phone)])

    async def by_hand(scope: Any, receive: Any, send: Any) -> None:
        """Neither knows of lifespans, nor puts the prefix into the path."""
        assert scope["type"] == "http"
        await phone({**scope, "root_path": "/phone", "path": scope["path"].removeprefix("/phone")}, receive, send)

    yield by_hand


class TestWithoutALifespan:
    @pytest.mark.parametrize("number", range(3), ids=["FastAPI", "Starlette", "by hand"])
    def test_the_first_call_opens_the_store(self, number: int, home: Path) -> None:
        phone = create_app("flows", public_url="https://example.com")
        assert not (home / ".touchtone").exists()
        app = list(parents(phone))[number]
        call = play(in_process(app, "https://example.com"))
        assert call.over
        assert (home / ".touchtone" / "sessions.sqlite").exists()

    def test_a_call_goes_on_though_each_request_has_a_loop_of_its_own(self) -> None:
        """As a test client has it that nobody enters."""
        phone = create_app("flows", public_url="https://example.com", store="sqlite:///calls.sqlite")
        client = TestClient(next(parents(phone)), base_url="https://example.com")

        def transport(request: Request) -> Any:
            answer = client.request(
                request.method, request.url, content=request.body, headers=dict(request.headers), follow_redirects=False
            )
            return Response(answer.status_code, tuple(answer.headers.items()), answer.content)

        assert play(transport).over

    def test_the_address_may_be_that_of_the_request(self) -> None:
        phone = create_app("flows", unsigned=True)
        call = Phone(in_process(next(parents(phone)))).ring("http://localhost:8000/phone/flows/clinic").press("2")
        assert call.url.startswith("http://localhost:8000/phone/flows/clinic/")


class TestMaking:
    def test_listeners_are_told_of_each_turn(self) -> None:
        turns: list[PlayedTurn] = []
        phone = create_app(Path("flows"), public_url="https://example.com", listeners=[turns.append], store="memory:")
        with in_process(Starlette(routes=[Mount("/phone", phone)], lifespan=phone.lifespan)) as transport:
            call = play(transport)
        assert [turn.flow for turn in turns] == ["clinic"] * call.round_trips

    def test_where_the_folder_is_followed_a_file_with_errors_stops_no_other(self, home: Path, caplog: Any) -> None:
        (home / "flows" / "new.yaml").write_text("steps: {a: [{sya: One.}]}")
        phone = create_app("flows", unsigned=True, follow=True, store="memory:")
        with TestClient(phone) as client:
            assert "Riverside Clinic" in client.post("/flows/clinic", data={"CallSid": "CA1"}).text
            (home / "flows" / "new.yaml").write_text("steps: {a: [{redirect: nowhere}]}")
            until = time.monotonic() + 20
            while "nowhere" not in caplog.text and time.monotonic() < until:
                time.sleep(0.05)
        told = [record.message for record in caplog.records if record.levelname == "WARNING"]
        assert told[1] == "new.yaml has errors: it is not live until they are fixed."
        assert "there is no step named `nowhere`" in told[2]

    def test_saves_are_heard_where_the_folder_is_followed(self, home: Path) -> None:
        (home / "flows" / "new.yaml").write_text("steps: {a: [{say: One}]")
        phone = create_app("flows", unsigned=True, follow=True, store="memory:")
        with TestClient(phone) as client:
            assert "went wrong" in client.post("/flows/new", data={"CallSid": "CA1"}).text
            (home / "flows" / "new.yaml").write_text("steps: {a: [{say: One.}]}")
            for _ in range(200):
                time.sleep(0.05)
                if "One." in (said := client.post("/flows/new", data={"CallSid": "CA1"}).text):
                    break
            assert "One." in said

    def test_flows_with_errors_are_told_at_once(self, home: Path) -> None:
        (home / "flows" / "new.yaml").write_text("steps: {a: [{redirect: nowhere}]}")
        with pytest.raises(ValueError, match=r"new.yaml:1"):
            create_app("flows")
        with pytest.raises(ValueError, match="there is no folder nowhere"):
            create_app("nowhere")

    def test_so_are_settings_that_cannot_be(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(TypeError, match="unexpected keyword argument 'public'"):
            create_app("flows", public="https://example.com")
        with pytest.raises(TypeError, match="unexpected keyword argument 'port'"):
            create_app("flows", port=80)
        with pytest.raises(SettingsError, match=r"^public_url is `example\.com`, which lacks its scheme"):
            create_app("flows", public_url="example.com")
        monkeypatch.delenv("TWILIO_AUTH_TOKEN")
        with pytest.raises(SettingsError, match=r"TWILIO_AUTH_TOKEN is not set: .*, or write unsigned=True to answer"):
            create_app("flows")
        assert create_app("flows", tokens=["one", "two"])

    def test_a_setting_of_several_values_is_a_list_of_texts(self) -> None:
        phone = create_app("flows", tokens={TOKEN, "other"}, public_url="https://example.com")
        app = Starlette(routes=[Mount("/phone", phone)], lifespan=phone.lifespan)
        with in_process(app, "https://example.com") as transport:
            assert play(transport).over
        with pytest.raises(TypeError, match=r"create_app\(\) takes env as a text or a list of texts, not as dict"):
            create_app("flows", env={"NAME": "value"})

    @pytest.mark.parametrize("said", ["", "TOUCHTONE_STORE=memory:"])
    def test_sessions_are_kept_in_a_file_unless_another_store_is_said(self, home: Path, said: str) -> None:
        (home / ".env").write_text(said)
        with TestClient(create_app("flows")):
            assert (home / ".touchtone" / "sessions.sqlite").exists() == (not said)

    def test_a_listener_or_a_route_that_is_none_is_refused(self) -> None:
        async def told(turn: PlayedTurn) -> None: ...

        listeners: list[tuple[Any, str]] = [("told", "not 'told'"), (told, "write `def`, not `async def`")]
        for listener, why in listeners:
            with pytest.raises(TypeError, match=why):
                create_app("flows", listeners=[listener])
        no_route: Any = "/orders"
        with pytest.raises(TypeError, match="a route is one of Starlette's"):
            create_app("flows", routes=[no_route])

    def test_a_route_at_the_address_of_a_flow_is_refused(self) -> None:
        with pytest.raises(ValueError, match="/flows/clinic would never be asked"):
            create_app("flows", routes=[unsigned(Route("/flows/clinic", lambda _: None))])
