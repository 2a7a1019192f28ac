"""`touchtone dev --tunnel`: a program leads Twilio here; its address is found, told ready to paste, and it ends with the server."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from engine.commands.common import Failure
from engine.commands.tunnel import Tunnel, printed_address, tunnel_words

FLOW = "description: A shop\nsteps:\n  welcome:\n    - say: Hello.\n"


@pytest.fixture
def stand_in(tmp_path):
    """Writes a program that behaves as a tunnel: prints what it is given, and stays."""

    def write(*lines: str, stays: bool = True, status: int = 0) -> str:
        path = tmp_path / "tunnel.py"
        path.write_text(
            textwrap.dedent(
                f"""
                import os, pathlib, subprocess, sys, time
                child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
                pathlib.Path({str(tmp_path / "pids")!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
                for line in {list(lines)!r}:
                    print(line, flush=True)
                if {stays}:
                    time.sleep(60)
                child.kill()
                sys.exit({status})
                """
            )
        )
        return f"{sys.executable} {path} {{port}}"

    return write


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(what, seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def test_the_name_of_a_known_program_is_enough(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert tunnel_words("cloudflared", 8001) == [
        "cloudflared",
        "tunnel",
        "--no-autoupdate",
        "--url",
        "http://127.0.0.1:8001",
    ]
    assert tunnel_words("ngrok", 8001)[:3] == ["ngrok", "http", "8001"]
    assert tunnel_words("lt --port {port} -l '{url}'", 8001) == ["lt", "--port", "8001", "-l", "http://127.0.0.1:8001"]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("", "is empty"),
        ("'", "is not a valid command"),
        ("no-such-tunnel x", "`no-such-tunnel` was not found on the PATH"),
    ],
)
def test_a_command_that_cannot_be_run_is_refused_with_a_sentence(command, says):
    with pytest.raises(Failure, match=re.escape(says)):
        tunnel_words(command, 8001)


@pytest.mark.parametrize(
    ("program", "line", "address"),
    [
        ("cloudflared", "INF |  https://two-words.trycloudflare.com   |", "https://two-words.trycloudflare.com"),
        ("cloudflared", "INF see https://developers.cloudflare.com/cloudflare-one/", ""),
        ("/usr/bin/ngrok", 'lvl=info msg="started tunnel" url=https://a1.ngrok-free.app', "https://a1.ngrok-free.app"),
        ("ngrok", 't=1 msg="update" see https://ngrok.com/docs', ""),
        ("lt", "your url is: \x1b[1mhttps://shy-cat.loca.lt\x1b[0m", "https://shy-cat.loca.lt"),
        ("ssh", "Forwarding HTTP traffic from https://x.serveo.net/", "https://x.serveo.net"),
        ("any", "listening on https://localhost:4040 and https://127.0.0.1:1", ""),
        ("any", "http://plain.example.com", ""),
    ],
)
def test_the_address_is_found_among_what_the_program_prints(program, line, address):
    assert printed_address(program, line) == address


def test_the_program_ends_with_all_that_it_started(stand_in, tmp_path):
    tunnel = Tunnel(tunnel_words(stand_in("Up at https://x.example.com now"), 8001))
    assert tunnel.address == "https://x.example.com"
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert all(map(alive, pids))
    tunnel.close()
    wait_until(lambda: not any(map(alive, pids)))


def test_a_program_that_ends_without_an_address_is_told_with_what_it_said(stand_in):
    with pytest.raises(Failure) as failed:
        Tunnel(tunnel_words(stand_in("ERR no account", stays=False, status=3), 8001))
    assert "ended before it printed an https:// address; its output:\n  ERR no account" in failed.value.message


def test_a_program_that_prints_no_address_is_not_waited_for_without_end(stand_in, monkeypatch, tmp_path):
    monkeypatch.setattr("engine.commands.tunnel.PATIENCE", 1.0)
    with pytest.raises(Failure, match="printed no https:// address within 1 seconds"):
        Tunnel(tunnel_words(stand_in("hello"), 8001))
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    wait_until(lambda: not any(map(alive, pids)))


def test_its_death_is_told(stand_in, caplog):
    told: list[str] = []
    tunnel = Tunnel(tunnel_words(stand_in("https://x.example.com", stays=False, status=4), 8001))
    tunnel.tell(told.append)
    wait_until(lambda: bool(told))
    assert "has ended (status 4): Twilio can no longer reach this server" in told[0]
    assert told[0] in caplog.text
    tunnel.close()


@pytest.fixture
def dev(tmp_path):
    """Starts `touchtone dev` with a tunnel in a folder with one flow."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shop.yaml").write_text(FLOW)
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, **environ: str) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO_", "TOUCHTONE_"))}
        command = [sys.executable, "-m", "engine.cli", "dev", "--port", "0", "--page-port", "0", *words]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        environ = {**clean, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1", **environ}
        started.append(subprocess.Popen(command, cwd=tmp_path, env=environ, **pipes))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    text = ""
    for line in process.stdout:
        text += line
        if words in line:
            return text
    raise AssertionError(text)


@pytest.mark.real_clock
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_dev_prints_what_twilio_is_to_be_told_and_ends_the_tunnel_however_it_is_ended(dev, stand_in, tmp_path, number):
    process = dev("--tunnel", stand_in("https://x.example.com"))
    text = read_until(process, "Ctrl-C")
    assert "Twilio reaches these flows at https://x.example.com." in text
    assert "A call comes in     https://x.example.com/flows/shop" in text
    assert "anyone who reaches https://x.example.com can call" in text
    assert "Set TWILIO_AUTH_TOKEN, and only Twilio can." in text
    assert "numbers point" not in text  # there is no account
    page = re.search(r"Design page: (http://127\.0\.0\.1:\d+)/\?token=\S+", text)
    assert page is not None
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    process.send_signal(number)
    process.wait(10)
    wait_until(lambda: not any(map(alive, pids)))


@pytest.mark.real_clock
def test_with_an_account_the_command_is_printed_ready_and_signatures_are_demanded(dev, stand_in):
    account = {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "secret-token",
        "TOUCHTONE_FROM": "+15550100",
    }
    process = dev("--tunnel", stand_in("https://x.example.com"), **account)
    text = read_until(process, "Ctrl-C")
    assert "  touchtone numbers point +15550100 shop\n" in text
    assert "NOT checked" not in text
    assert "secret-token" not in text


@pytest.mark.real_clock
def test_a_public_url_is_believed_and_the_tunnel_runs_beside_it(dev, stand_in):
    process = dev("--tunnel", stand_in("connected"), "--public-url", "https://own.example.com")
    assert "A call comes in     https://own.example.com/flows/shop" in read_until(process, "Ctrl-C")


@pytest.mark.real_clock
def test_a_tunnel_that_fails_ends_dev_with_a_sentence(dev, stand_in):
    process = dev("--tunnel", stand_in("no network", stays=False, status=1))
    text = read_until(process, "no network")
    assert process.wait(10) == 2
    assert "Traceback" not in text
