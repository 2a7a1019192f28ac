"""The audio of a recording comes whole or not at all, and the login goes to nobody but Twilio."""

import base64
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from engine.account import fetching, recordings
from engine.account.client import Credentials
from engine.account.fetching import FetchError, fetch
from engine.account.recordings import RecordingError, delete_recording, get_recording, list_recordings, save_audio
from tests.account.fake import ACCOUNT, TOKEN, Fake, sid

RECORDING = sid("RE", 1)
OWN = Credentials(ACCOUNT, TOKEN)
AUDIO = b"RIFF" + bytes(200_000)


@dataclass
class Server:
    """Answers each request with the next of `answers`: status, headers and body."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def serve() -> Iterator[Any]:
    running: list[tuple[ThreadingHTTPServer, Server]] = []

    def serving(*answers: tuple[int, dict[str, str], bytes]) -> Server:
        made = Server(answers=list(answers))

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                made.asked.append((self.path, self.headers.get("Authorization", "")))
                status, headers, body = made.answers[min(len(made.asked), len(made.answers)) - 1]
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                if "X-Hold" in headers:
                    self.wfile.flush()
                    made.hold.wait(10)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        made.url = f"http://127.0.0.1:{server.server_port}"
        running.append((server, made))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return made

    yield serving
    for server, made in running:
        made.hold.set()
        server.shutdown()
        server.server_close()


WAV = (200, {"Content-Type": "audio/x-wav"}, AUDIO)


def save(api: str, path: Any, **options: Any) -> int:
    return save_audio(Fake().client(), OWN, RECORDING, path, form="wav", api=api, **options)


def test_the_audio_is_saved_for_this_user_alone(serve, tmp_path):
    twilio = serve(WAV)
    assert save(twilio.url, tmp_path / "a.wav") == len(AUDIO)
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert stat.S_IMODE((tmp_path / "a.wav").stat().st_mode) == 0o600
    login = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    assert twilio.asked == [(f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{RECORDING}.wav", f"Basic {login}")]


def test_a_host_where_the_audio_is_kept_never_gets_the_login(serve, tmp_path):
    kept = serve(WAV)
    twilio = serve((302, {"Location": f"{kept.url}/kept?sign=1"}, b""))
    assert save(twilio.url, tmp_path / "a.wav") == len(AUDIO)
    assert kept.asked == [("/kept?sign=1", "")]


@pytest.mark.parametrize(
    "place",
    ["http://10.0.0.1/x", "http://169.254.169.254/x", "ftp://example.com/x", "http://me:word@127.0.0.1/x", "file:///etc/x"],
)  # fmt: skip
def test_a_redirect_into_a_network_of_ones_own_is_not_followed(serve, tmp_path, place):
    twilio = serve((302, {"Location": place}, b""))
    with pytest.raises(RecordingError):
        save(twilio.url, tmp_path / "a.wav")
    assert list(tmp_path.iterdir()) == []


def test_redirects_end(serve, tmp_path):
    twilio = serve((302, {"Location": "/again"}, b""))
    with pytest.raises(RecordingError, match="too many redirects"):
        save(twilio.url, tmp_path / "a.wav")
    assert len(twilio.asked) == recordings.HOPS + 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((404, {}, b""), r"Twilio has no audio of it \(HTTP 404\)"),
        ((401, {}, b""), r"the login is not accepted \(HTTP 401\)\n  check TWILIO_ACCOUNT_SID"),
        ((500, {}, b""), r"Twilio did not send it \(HTTP 500\)"),
        ((200, {"Content-Type": "text/html"}, b"<html>"), "not audio but text/html"),
        ((200, {"Content-Type": "audio/x-wav", "Content-Length": "300000"}, AUDIO), "the audio"),
    ],
)
def test_what_is_no_whole_audio_leaves_no_file(serve, tmp_path, answer, why):
    with pytest.raises(RecordingError, match=why):
        save(serve(answer).url, tmp_path / "a.wav")
    assert list(tmp_path.iterdir()) == []


def test_audio_without_end_is_given_up(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(recordings, "LARGEST", 1000)
    with pytest.raises(RecordingError, match="longer than"):
        save(serve(WAV).url, tmp_path / "a.wav")
    assert list(tmp_path.iterdir()) == []


def test_audio_that_stops_coming_is_given_up(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(recordings, "SECONDS", 0.1)
    held = (200, {"Content-Type": "audio/x-wav", "Content-Length": "300000", "X-Hold": "1"}, AUDIO)
    with pytest.raises(RecordingError, match="no answer within"):
        save(serve(held).url, tmp_path / "a.wav")


def test_an_answer_that_drips_is_given_up_as_a_whole(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(recordings, "WHOLE_SECONDS", 0.2)
    held = (200, {"Content-Type": "audio/x-wav", "Content-Length": "300000", "X-Hold": "1"}, AUDIO)
    with pytest.raises(RecordingError, match="no answer within"):
        save(serve(held).url, tmp_path / "a.wav")


def test_a_file_is_replaced_only_when_told(serve, tmp_path):
    twilio = serve(WAV)
    (tmp_path / "a.wav").write_text("mine")
    with pytest.raises(FileExistsError):
        save(twilio.url, tmp_path / "a.wav")
    assert twilio.asked == []
    assert (tmp_path / "a.wav").read_text() == "mine"
    assert save(twilio.url, tmp_path / "a.wav", replace=True) == len(AUDIO)


def test_a_file_that_came_meanwhile_is_kept(serve, tmp_path, monkeypatch):
    def late(*_: object) -> int:
        (tmp_path / "a.wav").write_text("mine")
        return 0

    monkeypatch.setattr(recordings, "_copied", late)
    with pytest.raises(FileExistsError):
        save(serve(WAV).url, tmp_path / "a.wav")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("a.wav", "mine")]


def test_a_disk_without_links_takes_the_audio_too(serve, tmp_path, monkeypatch):
    def no_links(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(recordings.os, "link", no_links)
    assert save(serve(WAV).url, tmp_path / "a.wav") == len(AUDIO)
    assert [one.name for one in tmp_path.iterdir()] == ["a.wav"]


def test_without_a_stand_in_this_machine_is_not_asked(serve):
    server = serve(WAV)
    with pytest.raises(FetchError, match="a loopback address") as caught:
        fetch("GET", server.url)
    assert caught.value.kind == FetchError.PRIVATE
    assert fetch("GET", server.url, loopback=True).status == 200


def test_a_name_that_leads_inward_is_not_asked():
    def resolve(*_: object, **__: object) -> Any:
        return [(0, 0, 0, "", ("10.0.0.5", 80)), (0, 0, 0, "", ("::1", 80))]

    with pytest.raises(FetchError, match=r"example\.com leads to ::1, a loopback address"):
        fetch("GET", "http://example.com/", resolve=resolve, loopback=True)


def test_an_unknown_name_and_a_closed_port_are_told_apart(serve):
    def unknown(*_: object, **__: object) -> Any:
        raise OSError("no such name")

    with pytest.raises(FetchError, match=r"the name example\.com is not known"):
        fetch("GET", "https://example.com/", resolve=unknown)
    with pytest.raises(FetchError, match="refused") as caught:
        fetch("GET", "http://127.0.0.1:9/", loopback=True)
    assert caught.value.kind == FetchError.CONNECT


def test_what_speaks_no_tls_and_no_http_is_said(serve):
    server = serve(WAV)
    with pytest.raises(FetchError) as caught:
        fetch("GET", server.url.replace("http:", "https:"), loopback=True)
    assert caught.value.kind == FetchError.TLS


def test_a_long_answer_is_cut(serve):
    assert len(fetch("GET", serve(WAV).url, loopback=True).body) == fetching.LARGEST


def test_recordings_are_read_with_their_times():
    when = "Mon, 30 Nov 2026 12:00:00 +0000"
    fake = Fake({"recordings": [{"sid": RECORDING, "duration": "65", "date_created": when, "call_sid": sid("CA", 1)}]})
    (one,) = list_recordings(fake.client())
    assert (one.at, one.seconds, one.call) == (datetime(2026, 11, 30, 12, tzinfo=UTC), 65, sid("CA", 1))
    assert get_recording(fake.client(), RECORDING) == one
    delete_recording(fake.client(), RECORDING)
    assert list_recordings(fake.client()) == ()
