"""What every subcommand shares: how it fails, how it shows findings, where settings come from."""

import io
import logging
import os
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from engine.diagnostics import Diagnostic, render_text, summary

FOLDER = click.Path(path_type=Path)
INTERRUPTED = 130  # as a shell says of a program that Ctrl-C ended


class Failure(click.ClickException):
    """The command could not do its work; the sentence says why. Exit status 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"touchtone: {self.message}", err=True)


class Commands(click.Group):
    """Subcommands that end with a sentence whatever the system refuses, and print any text in any terminal."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
            if getattr(sys, name) is None:  # whoever started the program closed it
                setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            try:
                sys.stdout.flush()
            except OSError:
                # What is left in it cannot be written at the end of the program either.
                with suppress(OSError):
                    sys.stdout.close()
            failure = Failure(sentence(error))
            with suppress(OSError):
                failure.show()
            sys.exit(failure.exit_code)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None


def sentence(error: OSError) -> str:
    """What the system refused, and of which file."""
    what = (error.strerror or type(error).__name__).lower()
    return f"{error.filename}: {what}" if error.filename is not None else what


def pairs(option: str, words: Iterable[str], example: str) -> dict[str, str]:
    """The values of an option `NAME=VALUE` that may be given several times, by name."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise Failure(f"{option} is a name and a value, such as {option} {example}; not {word}")
        found[name] = value
    return found


def moment(option: str, text: str | None) -> datetime | None:
    """The time that an option says, an aware one: without an offset it is UTC."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        if not 1000 <= at.year <= 9000:  # beyond it a call of some hours, or another zone, has no date
            raise ValueError
    except ValueError:
        raise Failure(f"{option} is a day and a time, such as 2026-12-24T18:00 (UTC); not {text}") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def utc_now() -> datetime:
    """The real clock. The commands read it and hand it on; nothing below them reads one of its own."""
    return datetime.now(UTC)


def store(url: str) -> Any:
    """The store of a URL, by the real clock; raises StoreError for one that is none."""
    from engine.runtime.stores import open_store

    return open_store(url, time.time)


def show(diagnostics: Iterable[Diagnostic], *, err: bool = False) -> None:
    """Prints findings and how many they are, in colours on a terminal."""
    found = tuple(diagnostics)
    if found:
        click.echo(render_text(found, colour=(sys.stderr if err else sys.stdout).isatty()), err=err)
        click.echo(summary(found), err=err)


def show_left_out(files: Iterable[str]) -> None:
    """Says of files that a flow is tried without them."""
    for file in files:
        click.echo(f"touchtone: {file} has errors and is left out", err=True)


def log_to_stderr(known: Any, who: str = "") -> None:
    """Writes the log as the settings `known` say, each line with its time and `who` writes it."""
    logging.basicConfig(
        level=known.log_level.upper(), format=f"%(asctime)s %(levelname)s {who}%(message)s", datefmt="%H:%M:%S"
    )
    for chatty in ("uvicorn", "watchfiles"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))


def settings(**flags: object) -> Any:
    """The settings: flags, then the environment, then `.env`."""
    return _settings(flags)


def production_settings(**flags: object) -> Any:
    """The same, but that sessions are kept in a file unless another store is said."""
    from engine.server.settings import KEPT

    return _settings(flags, store=KEPT)


def _settings(flags: Mapping[str, object], **defaults: str) -> Any:
    from engine.server.dotenv import SettingsError, read_dotenv
    from engine.server.settings import read_settings

    try:
        return read_settings(flags, os.environ, read_dotenv(Path(".env")), **defaults)
    except SettingsError as error:
        raise Failure(str(error)) from None


def outside(flows: Path, known: Any, send: Any = None, *, handed: bool = False) -> Any:
    """What the flows of a folder reach in the world by the settings `known`; `send` takes texts in place of the account.

    `handed` functions are not read from the folder (see `Outside`).
    """
    from engine.account.client import Credentials
    from engine.account.messages import Messages
    from engine.runtime.effects.effect import Reminder, TextMessage
    from engine.server.outside import Outside

    messages = Messages(Credentials.of(known), from_=known.from_, api=known.twilio_api)
    texts = send or messages.perform
    return Outside(flows, known, {TextMessage: texts, Reminder: texts}, clock=utc_now, handed=handed)


def api(known: Any) -> Any:
    """What opens the API for programs; None without a key for one, and then nothing of it is imported."""
    if not known.api_keys:
        return None
    from engine.api.api import Api

    return Api
