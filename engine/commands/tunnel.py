"""Starts a tunnel program for `touchtone dev`, finds the address that it prints, and ends it."""

import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

import click

from engine.commands.common import Failure

PATIENCE: Final = 30.0  # seconds until an address is printed
LAST: Final = 2.0  # seconds that the program is given to end
SHOWN: Final = 5  # lines of what it printed that are shown when it fails
LINE: Final = 4096  # characters of a line that are looked at

log = logging.getLogger("touchtone")

KNOWN: Final = {
    "cloudflared": "cloudflared tunnel --no-autoupdate --url {url}",
    "ngrok": "ngrok http {port} --log stdout --log-format logfmt",
}
"""What is run where only the name of a program is given."""
_ADDRESS: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?(?=[/\s\"'|,;)\]}>]|$)")
# Of these it is known what their addresses look like; they print others too, such as those of their documentation.
_PRINTED: Final = {
    "cloudflared": re.compile(r"https://[a-z0-9-]+\.trycloudflare\.com"),
    "ngrok": re.compile(r"(?<=url=)https://[A-Za-z0-9.-]+"),
}
_COLORS: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def tunnel_words(command: str, port: int) -> list[str]:
    """The command in words, with `{port}` and `{url}` replaced; raises Failure for one that cannot be run."""
    try:
        words = shlex.split(KNOWN.get(command.strip(), command))
    except ValueError as error:
        raise Failure(f"--tunnel is not a valid command: {str(error).lower()}") from None
    if not words:
        raise Failure("--tunnel is empty: write cloudflared, ngrok, or a command that prints an https:// address")
    words = [word.replace("{port}", str(port)).replace("{url}", f"http://127.0.0.1:{port}") for word in words]
    if shutil.which(words[0]) is None:
        raise Failure(f"--tunnel: `{words[0]}` was not found on the PATH; install it, or use another command")
    return words


def printed_address(program: str, line: str) -> str:
    """The public address in a line of what the program printed; "" if there is none."""
    line = _COLORS.sub("", line[:LINE])
    for found in _PRINTED.get(os.path.basename(program), _ADDRESS).finditer(line):
        host = urlsplit(found[0]).hostname or ""
        if "." in host and not host.endswith(".local") and not re.fullmatch(r"[\d.]+", host):
            return found[0]
    return ""


def _end_by_signals() -> None:
    """Has SIGTERM, and the end of the terminal, end this process in good order: by default they leave the program behind."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def lead_here(command: str, settings: Any, port: int) -> tuple["Tunnel", Any]:
    """A tunnel to `port`, and the settings with its address; a public address that is set already is not asked for."""
    words = tunnel_words(command, port)
    click.echo(f"Starting the tunnel: {shlex.join(words)}")
    _end_by_signals()
    tunnel = Tunnel(words, awaited=not settings.public_url)
    if not settings.public_url:
        settings = replace(settings, public_url=tunnel.address)
    return tunnel, settings


class Tunnel:
    """A program in a process group of its own, from the call until `close`; `address` is what it printed.

    Its end is logged if nobody asked for it. Raises Failure if no address comes; with `awaited` False none is waited for.
    """

    def __init__(self, words: list[str], *, awaited: bool = True) -> None:
        self.address = ""
        self._awaited = awaited
        self._name = os.path.basename(words[0])
        self._died: Callable[[str], None] | None = None
        self._epitaph = ""
        self._lines: deque[str] = deque(maxlen=SHOWN)
        self._news = threading.Event()  # an address, or the end
        self._closing = False
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=os.name == "posix",
            )
        except OSError as error:
            raise Failure(
                f"--tunnel: `{words[0]}` could not be started: {(error.strerror or str(error)).lower()}"
            ) from None
        self._reader = threading.Thread(target=self._read, name="touchtone tunnel", daemon=True)
        self._reader.start()
        if awaited:
            try:
                self._wait()
            except BaseException:
                self.close()
                raise

    def _wait(self) -> None:
        in_time = self._news.wait(PATIENCE)
        if not self.address:
            said = "".join(f"\n  {line}" for line in self._lines) or " nothing"
            why = "ended" if in_time else f"printed no https:// address within {PATIENCE:g} seconds"
            before = " before it printed an https:// address" if in_time else ""
            raise Failure(f"--tunnel: {self._name} {why}{before}; its output:{said}")

    def _read(self) -> None:
        assert self._process.stdout is not None, "its output is read"
        while line := self._process.stdout.readline(LINE):
            if text := _COLORS.sub("", line).strip():
                self._lines.append("".join(one if one.isprintable() else " " for one in text)[:300])
            if not self.address and (found := printed_address(self._name, line)):
                self.address = found
                self._news.set()
        status = self._process.wait()
        known = bool(self.address) or not self._awaited
        self._news.set()
        if known and not self._closing:
            self._epitaph = (
                f"The tunnel {self._name} has ended (status {status}): Twilio can no longer reach this server."
            )
            log.error("%s Restart `touchtone dev`.", self._epitaph)
            if self._died is not None:
                self._died(self._epitaph)

    def tell(self, died: Callable[[str], None]) -> None:
        """Has somebody else told too, with a sentence, when it ends by itself."""
        self._died = died
        if self._epitaph:
            died(self._epitaph)

    def close(self) -> None:
        """Ends the program, and all that it started."""
        self._closing = True
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(LAST)
        except subprocess.TimeoutExpired:
            self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LAST)
        self._reader.join(LAST)
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)
