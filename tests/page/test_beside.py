"""The page runs beside the server of `touchtone dev`: it delays neither a reload nor the end, and the two know nothing of each other's port."""

import http.client
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from engine.page.kept_key import kept_key
from engine.page.page import Page
from engine.server import beside
from tests.page.conftest import MENU, TOKEN
from tests.page.dev import Dev

pytestmark = pytest.mark.real_clock
ROOT = Path(__file__).parents[2]


@pytest.fixture
def start(tmp_path):
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "menu.yaml").write_text(MENU)
    started: list[Dev] = []

    def begin(*words: str) -> Dev:
        started.append(Dev(tmp_path, *words))
        return started[-1]

    yield begin
    for dev in started:
        dev.close()


def test_a_save_reaches_the_browser_that_listens_and_the_error_after_it(start):
    dev = start()
    stream = dev.listen()
    assert stream.state()["all"]
    file = dev.folder / "flows" / "menu.yaml"
    file.write_text(MENU.replace("Hello", "Good day"))
    state = stream.until(lambda state: state["flows"])
    assert [flow["name"] for flow in state["flows"]] == ["menu"]
    file.write_text(MENU.replace("1: billing", "1: biling"))
    state = stream.until(lambda state: state["problems"])
    assert state["problems"][0]["code"] == "F201"
    assert state["flows"][0]["not_live"] == "menu.yaml has errors: callers still hear its last good version."
    assert b"Good day" in dev.ask("/flows/menu", dev.flows)[1]


def test_browsers_that_stay_open_keep_nobody_from_ending_it(start):
    """Twilio's requests under way are given seconds; streams that never end are given none."""
    dev = start()
    streams = [dev.listen() for _ in range(3)]
    for stream in streams:
        stream.state()
    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait(10) in (0, -signal.SIGINT)
    for stream in streams:
        assert stream.file.read().endswith((b"0\r\n\r\n", b"\n\n", b""))


def test_scripts_that_take_long_keep_nobody_from_ending_it(start):
    dev = start()
    (dev.folder / "tests").mkdir()
    calls = "".join(f"  Call {number}:\n    turns:\n      - press: 1\n" for number in range(20_000))
    (dev.folder / "tests" / "menu.calls.yaml").write_text(f"calls:\n{calls}")
    connection = http.client.HTTPConnection("127.0.0.1", dev.port, timeout=60)
    origin = f"http://127.0.0.1:{dev.port}"
    head = {"Cookie": dev.cookie(), "Origin": origin, "Content-Type": "application/json"}
    connection.request("POST", "/api/scripts/run", "{}", head)
    time.sleep(0.5)
    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait(10) in (0, -signal.SIGINT)
    connection.close()


def test_a_browser_that_does_not_read_delays_neither_saves_nor_the_end(start):
    dev = start()
    silent, stream = dev.listen(), dev.listen()
    stream.state()
    silent.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    for number in range(5):
        (dev.folder / "flows" / "menu.yaml").write_text(MENU.replace("Hello", f"Hello {number}"))
        stream.until(lambda state: state["flows"])
    assert b"Hello 4" in dev.ask("/flows/menu", dev.flows)[1]
    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait(10) in (0, -signal.SIGINT)


def test_the_two_ports_have_nothing_in_common(start):
    dev = start()
    cookie = dev.cookie()
    for path in ("/api/state", "/events", "/static/main.js", f"/?token={dev.token}"):
        answer, body = dev.ask(path, dev.flows, Cookie=cookie)
        assert answer.status == 404 or (path.startswith("/?") and dev.token.encode() not in body), path
        assert answer.getheader("set-cookie") is None
    assert dev.ask("/flows/menu", Cookie=cookie)[0].status == 404
    assert dev.ask("/flows/menu")[0].status == 403


def test_the_token_stands_in_the_banner_and_nowhere_else(start):
    dev = start()
    dev.cookie()
    dev.ask("/?token=wrong")
    (dev.folder / "flows" / "menu.yaml").write_text("steps: 5\n")
    dev.listen().state()
    dev.process.send_signal(signal.SIGINT)
    dev.process.wait(10)
    written = [path for path in dev.folder.rglob("*") if path.is_file()]
    assert len(written) >= 2
    assert [path for path in written if dev.token.encode() in path.read_bytes()] == []


def test_a_page_that_stays_open_is_known_again_after_a_restart(start):
    dev = start("--page-port", "0")
    cookie = dev.cookie()
    dev.process.send_signal(signal.SIGINT)
    dev.process.wait(10)
    again = start("--page-port", str(dev.port))
    assert again.token != dev.token
    assert again.ask("/api/state", Cookie=cookie)[0].status == 200
    assert again.ask(f"/?token={dev.token}")[0].status == 403
    assert stat.S_IMODE((dev.folder / ".touchtone" / "page.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("spoil", ["mode", "text", "link"])
def test_a_key_that_others_could_know_is_replaced(tmp_path, spoil):
    folder = tmp_path / "flows"
    folder.mkdir()
    file, first = tmp_path / ".touchtone" / "page.key", kept_key(folder)
    assert kept_key(folder) == first == file.read_text()
    if spoil == "mode":
        file.chmod(0o644)
    elif spoil == "text":
        file.write_text("short")
    else:
        file.rename(tmp_path / "elsewhere")
        file.symlink_to(tmp_path / "elsewhere")
    second = kept_key(folder)
    assert second != first
    assert not file.is_symlink()
    assert kept_key(folder) == second


def test_the_port_of_the_page_can_be_chosen_and_the_page_left_out(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    dev = start("--page-port", str(port))
    assert urlsplit(dev.address).port == port
    assert start("--no-page").address == ""


def test_a_port_that_is_taken_is_told(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "engine.cli", "dev", "--port", "0", "--page-port", str(taken.getsockname()[1])]
        start  # noqa: B018  # its folder
        ended = subprocess.run(
            command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=30
        )
    assert ended.returncode == 2
    assert "the page: port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_idle_page_costs_nothing(opened):
    """With browsers that listen, the thread of the page sleeps."""
    desk = opened().desk
    with socket.create_server(("127.0.0.1", 0)) as listener:
        page = Page(desk, listener, token=TOKEN)
        assert page.start()
        address = urlsplit(page.origin)
        with ExitStack() as browsers:
            for _ in range(3):
                browser = browsers.enter_context(socket.create_connection((address.hostname, address.port), timeout=10))
                ask(browser, f"GET /?token={TOKEN}", address.netloc)
                cookie = re.search(rb"touchtone_\d+=[^;]+", browser.recv(10_000))[0].decode()
                ask(browser, "GET /events", address.netloc, f"Cookie: {cookie}\r\n")
                assert b"200 OK" in browser.recv(100)
            status = Path(f"/proc/self/task/{page._beside._thread.native_id}/status")

            def turns() -> int:
                return sum(map(int, re.findall(r"ctxt_switches:\s+(\d+)", status.read_text())))

            time.sleep(0.3)
            before = turns()
            time.sleep(2)
            assert turns() - before <= 2
        page.stop()


def test_connections_that_say_nothing_are_bounded_and_browsers_go_on(opened, monkeypatch):
    monkeypatch.setattr(beside, "CONNECTIONS", 8)
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as connections:
        page = Page(opened().desk, listener, token=TOKEN)
        assert page.start()
        address = urlsplit(page.origin)

        def connect() -> socket.socket:
            place = (address.hostname, address.port)
            return connections.enter_context(socket.create_connection(place, timeout=10))

        browser = connect()
        ask(browser, "GET /", address.netloc)
        assert b"403" in browser.recv(10_000)
        silent = [connect() for _ in range(20)]
        late = connect()
        ask(late, "GET /", address.netloc)
        assert b" 503 " in late.recv(10_000)
        for one in silent:
            one.close()
        until = time.monotonic() + 10
        while True:
            again = connect()
            ask(again, "GET /", address.netloc)
            if b" 403 " in again.recv(10_000):
                break
            assert time.monotonic() < until, "it does not answer any more"
        page.stop()


def ask(browser: socket.socket, line: str, host: str, more: str = "") -> None:
    browser.sendall(f"{line} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode())
