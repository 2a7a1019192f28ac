"""`touchtone phone` in odd terminals and on full disks: the terminal stays as it was, and no call is lost."""

import errno
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main
from engine.diagnostics import Report, Source
from engine.document import parse
from engine.phone.scripts.write import new_script, quoted, scalar
from engine.testing import saving

FLOW = """\
steps:
  menu:
    - gather: {input: dtmf speech, say: Press 1., branch: {1: more, else: repeat}}
  more:
    - say: Thank you.
"""
TEXTS = 'channel: messaging\nsteps: {a: [{message: "You wrote {{ message.body }}."}]}\n'
COMMAND = [sys.executable, "-m", "engine.cli", "phone"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shop.yaml").write_text(FLOW)
    (tmp_path / "flows" / "texts.yaml").write_text(TEXTS)
    with chdir(tmp_path):
        yield tmp_path


def ring(lines: str | bytes, *words: str) -> Result:
    result = CliRunner().invoke(main, ["phone", *words], input=lines)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


CALLING = b"Calling shop from the files in flows/ (no server is running)\n"

# What goes in


def test_whatever_comes_from_a_pipe_is_read(house: Path) -> None:
    done = subprocess.run([*COMMAND, "shop"], input=b"\xff\xfe caf\xc3\xa9\n1\n", capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, CALLING)
    assert "café".encode() in done.stdout


def test_a_program_without_any_streams_still_rings(house: Path) -> None:
    closed = " ".join([*COMMAND, "shop", "<&-", ">&-"])
    done = subprocess.run(["sh", "-c", closed], stderr=subprocess.PIPE, timeout=60)
    assert (done.returncode, done.stderr) == (0, CALLING)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full here")
def test_that_nobody_can_read_what_is_called_ends_no_call(house: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, "shop"], input=b"hangup", stdout=subprocess.PIPE, stderr=full, timeout=60)
    assert done.returncode == 0
    assert b"you hung up" in done.stdout


def test_half_a_letter_on_the_command_line_makes_no_stack(house: Path) -> None:
    for words in (["--from", "\udcff"], ["--param", "A=\udcff"]):
        assert ring("1", "shop", *words).exit_code == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://[", "not http://[: the host or port is not valid"),
        ("http://", "not http://: it has no host"),
        ("http://a b", "not http://a b: it has a blank in it"),
        ("http://127.0.0.1:99999", "the host or port is not valid"),
    ],
)
def test_an_address_that_is_none_is_told_before_it_rings(url: str, said: str, house: Path) -> None:
    result = ring("", "shop", "--url", url)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("at", ["9999-12-31T23:59", "0001-01-01T00:00+23:59"])
def test_no_call_comes_in_where_the_calendar_ends(at: str, house: Path) -> None:
    assert ring("", "shop", "--at", at).stderr == (
        f"touchtone: --at is a day and a time, such as 2026-12-24T18:00 (UTC); not {at}\n"
    )


# What comes out


def test_json_is_safe_to_print_and_says_the_same(house: Path) -> None:
    output = ring("\u009b31m \u202e caf\u00e9\n", "texts", "--json").stdout
    assert not [sign for sign in output if sign != "\n" and not sign.isprintable()], ascii(output)
    assert "café" in output
    assert "\u009b31m \u202e café" in [json.loads(line).get("words") for line in output.splitlines()]


# What is saved


def test_a_call_that_cannot_be_saved_is_printed(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_script("shop", "  Before:\n    - hangup\n")
    (house / "x.calls.yaml").write_text(before)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(saving, "write_script", full)
    result = ring("1", "shop", "--save", "x.calls.yaml")
    assert result.exit_code == 2
    assert "# the call, which is not saved:\nflow: shop\n\ncalls:\n  press 1:\n" in result.stderr
    assert result.stderr.endswith("touchtone: x.calls.yaml: no space left on device\n")
    assert (house / "x.calls.yaml").read_text() == before


def test_a_call_is_written_behind_what_is_there_and_nothing_else_is_touched(house: Path) -> None:
    path = house / "x.calls.yaml"
    path.write_bytes(b"\xef\xbb\xbfflow: shop\r\ncalls:\r\n  Before:\r\n    - hangup\r\n\r\n\r\n")
    number = path.stat().st_ino
    assert ring("1", "shop", "--save", "x.calls.yaml").exit_code == 0
    assert path.read_bytes().startswith(
        b"\xef\xbb\xbfflow: shop\r\ncalls:\r\n  Before:\r\n    - hangup\n\n  press 1:\n"
    )
    assert path.stat().st_ino == number
    assert CliRunner().invoke(main, ["test", "x.calls.yaml"]).exit_code == 0


def test_two_who_save_at_once_save_both(house: Path) -> None:
    commands = [
        subprocess.Popen([*COMMAND, "shop", "--save", "x.calls.yaml"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for _ in range(4)
    ]
    for command in commands:
        command.communicate(b"1\n", timeout=60)
    assert (house / "x.calls.yaml").read_text().count("- press: 1") == 4
    result = CliRunner().invoke(main, ["test", "x.calls.yaml"])
    assert (result.exit_code, "4 calls, all as written" in result.output) == (0, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"calls: {a: [say: caf\xe9]}\n", "x.calls.yaml is not UTF-8; save to another file"),
        (b"flow: other\ncalls:\n  a:\n    - hangup\n", "is no script of calls to `shop`"),
        (None, "it is a pipe, a folder or a device"),
    ],
)
def test_a_place_that_takes_no_call_is_told_before_the_call_is_made(
    content: bytes | None, said: str, house: Path
) -> None:
    if content is None:
        os.mkfifo(house / "x.calls.yaml")
    else:
        (house / "x.calls.yaml").write_bytes(content)
    result = ring("1", "shop", "--save", "x.calls.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    "text", ["\u009b31m", "\u202e", "\u2028x", "\ufeff", "a\x00b", "caf\u00e9", "\U0001f600", "\ud83d"]
)
def test_any_text_is_written_as_it_can_be_read(text: str) -> None:
    report = Report()
    written = f"a: {scalar(text)}\nb: {quoted({'c': text})}\n"
    node = parse(Source("x", written.encode().decode()), report)
    assert not report.diagnostics
    assert node is not None
    assert text in (node.get("a").text, "\ud83d")  # type: ignore[union-attr]


# A terminal


class Terminal:
    """The command in a pseudo-terminal."""

    def __init__(self, *words: str) -> None:
        self.number, self.theirs = pty.openpty()
        self.before = termios.tcgetattr(self.theirs)
        self.process = subprocess.Popen(
            [*COMMAND, *words],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            preexec_fn=lambda: os.login_tty(self.theirs) if hasattr(os, "login_tty") else _own(),
        )
        self.shown = ""

    def see(self, words: str) -> None:
        while words not in self.shown:
            ready, _, _ = select.select([self.number], [], [], 30)
            assert ready, f"`{words}` does not come; shown: {self.shown}"
            self.shown += os.read(self.number, 4096).decode()

    def type(self, keys: bytes) -> None:
        os.write(self.number, keys)

    def close(self) -> tuple[int, bool]:
        """The exit status, and whether the terminal is as it was."""
        status = self.process.wait(30)
        same = termios.tcgetattr(self.theirs)[3] == self.before[3]
        os.close(self.number)
        os.close(self.theirs)
        return status, same


def _own() -> None:
    import fcntl

    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.parametrize(("sign", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_leaves_the_terminal_as_it_was(sign: signal.Signals, status: int, house: Path) -> None:
    terminal = Terminal("shop")
    terminal.see("Enter for silence")
    terminal.process.send_signal(sign)
    assert terminal.close() == (status, True)


def test_ctrl_c_hangs_up_and_the_call_is_saved(house: Path) -> None:
    terminal = Terminal("shop", "--save", "x.calls.yaml")
    terminal.see("Enter for silence")
    terminal.type(b"\x1a\x1c\x03")  # ^Z and ^\ do nothing here
    assert terminal.close() == (0, True)
    assert "- hangup" in (house / "x.calls.yaml").read_text()


def test_ctrl_c_breaks_off_while_a_server_does_not_answer(house: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        page = b"<Response><Gather numDigits='1'><Say>Press.</Say></Gather></Response>"
        terminal = Terminal("x", "--url", f"http://127.0.0.1:{server.getsockname()[1]}/page")
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n" % len(page)
            connection.sendall(head + page)
            terminal.see("Enter for silence")
            terminal.type(b"1")
            asked = b""
            while b"Digits=1" not in asked:  # the key comes, and no answer
                asked += connection.recv(65536)
            terminal.type(b"\x03")
            assert terminal.close() == (130, True)
