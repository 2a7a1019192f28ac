"""`touchtone sessions`: what calls and conversations remember, for the person who runs the server."""

import json
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.commands import common
from engine.commands.common import Failure

if TYPE_CHECKING:
    from engine.runtime.session import Session
    from engine.runtime.stores import Store

R = TypeVar("R")

SEARCHED = 10_000  # sessions among which the key is looked for that somebody meant
KEY_COLUMN = 34  # letters: a CallSid has 34
FLOWS_COLUMN = 24

# First what a person looks for; what Twilio would be answered again comes last.
_ORDER = (
    "variables",
    "frames",
    "turn",
    "entered",
    "questions",
    "question",
    "due",
    "pending",
    "facts",
    "expires",
    "calls",
)
_UNSEEN = re.compile(r"[^\x20-\x7e\n]")


@click.group()
def sessions() -> None:
    """What calls and conversations remember between turns.

    The store is that of the server here: --store or TOUCHTONE_STORE, else .touchtone/sessions.sqlite. A key is a call's SID,
    or the two numbers of a conversation.

    \b
    touchtone sessions list
    touchtone sessions show CA0123456789abcdef0123456789abcdef
    touchtone sessions drop '+15550100>+15550199'
    """


def _options(command: Any) -> Any:
    for option in (
        click.option("--store", help="Where sessions are kept: sqlite:///path or redis://host."),
        click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object in a line."),
    ):
        command = option(command)
    return command


@sessions.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, metavar="N", help="So many at most.")
@_options
def list_(limit: int, store: str | None, as_json: bool) -> None:
    """The sessions that are alive, the last to expire first.

    \b
    touchtone sessions list
    touchtone sessions list --limit 1000 --json
    """
    place, found = _asked(store, lambda opened: opened.sessions(limit + 1))
    listed, now = found[:limit], time.time()
    if as_json:
        for key, session in listed:
            told = {"key": key, "turn": session.turn, "flows": _flows(session), "expires": _moment(session.expires)}
            click.echo(escaped(json.dumps(told)))
        return
    if not listed:
        click.echo(f"no session is kept in {place}")
        return
    width = min(KEY_COLUMN, max(len(shown(key)) for key, _ in listed))
    click.echo(f"{'key':{width}}  turn  {'flows':{FLOWS_COLUMN}}  expires in")
    for key, session in listed:
        name = shown(key)
        if len(name) > width:
            click.echo(name)
            name = ""
        flows = shown(", ".join(_flows(session)) or "–")
        flows = flows if len(flows) <= FLOWS_COLUMN else f"{flows[: FLOWS_COLUMN - 1]}…"
        click.echo(f"{name:{width}}  {session.turn:4}  {flows:{FLOWS_COLUMN}}  {_span(session.expires - now)}")
    more = f"; there are more: --limit {limit * 10}" if len(found) > limit else ""
    click.echo(f"\n{len(listed)} session{'s' * (len(listed) != 1)} in {place}{more}")


@sessions.command()
@click.argument("key")
@_options
def show(key: str, store: str | None, as_json: bool) -> None:
    """All that the session of KEY holds, as JSON, its variables first.

    Answers that the flow marks as `secret` are shown as •••.

    \b
    touchtone sessions show CA0123456789abcdef0123456789abcdef
    touchtone sessions show '+15550100>+15550199' --json
    """

    from engine.runtime.shown_session import shown_session

    async def look(opened: "Store") -> "Session":
        known = await _meant(opened, key)
        session = await opened.turn(known, lambda before: (before, before))
        if session is None:
            raise Failure(_unknown(key, ()))
        return session

    _, session = _asked(store, look)
    held = shown_session(session)
    if as_json:
        click.echo(escaped(json.dumps(held)))
        return
    held["expires"] = _moment(session.expires)
    if session.due:
        held["due"] = _moment(session.due)
    ordered = {name: held[name] for name in (*[one for one in _ORDER if one in held], *held)}
    click.echo(escaped(json.dumps(ordered, indent=2, ensure_ascii=False)))


@sessions.command()
@click.argument("key")
@_options
def drop(key: str, store: str | None, as_json: bool) -> None:
    """Forgets the session of KEY.

    A call that goes on begins its flow's variables anew.

    \b
    touchtone sessions drop CA0123456789abcdef0123456789abcdef
    """

    async def forget(opened: "Store") -> str:
        known = await _meant(opened, key)
        if not await opened.drop(known):
            raise Failure(_unknown(key, ()))
        return known

    place, known = _asked(store, forget)
    click.echo(
        escaped(json.dumps({"dropped": known})) if as_json else f"dropped the session {shown(known)} from {place}"
    )


def _asked(store: str | None, question: Callable[["Store"], Awaitable[R]]) -> tuple[str, R]:
    """What the store of the settings answers, and where it is."""
    import asyncio

    from engine.runtime.stores import StoreError, open_store

    url: str = common.production_settings(store=store).store
    if url == "memory:":
        raise Failure("the store `memory:` is inside the server's own process: nothing of it is kept outside")
    place = shown(url.partition("?")[0].removeprefix("sqlite:///")) if url.startswith("sqlite:///") else ""
    if place and not Path(url.partition("?")[0].removeprefix("sqlite:///")).exists():
        hint = "" if store else "; --store says where the server keeps its sessions"
        raise Failure(f"there is no file {place}, so no session is kept there{hint}")

    async def ask() -> R:
        opened = open_store(url, time.time)
        await opened.start()
        try:
            return await question(opened)
        finally:
            await opened.stop()

    try:
        answer = asyncio.run(ask())
        return place or _bare(url), answer
    except StoreError as error:
        raise Failure(str(error)) from None


def _bare(url: str) -> str:
    """A Redis's address without its secrets."""
    from engine.runtime.stores.redis_address import read_address

    scheme, _, rest = url.partition(":")
    return str(read_address(scheme, rest))


async def _meant(opened: "Store", key: str) -> str:
    """The key itself, or the one that is shown as it was written; raises Failure for one that nothing is kept under."""
    found = await opened.turn(key, lambda before: (before is not None, before))
    if found:
        return key
    keys = [known for known, _ in await opened.sessions(SEARCHED)]
    for known in keys:
        if shown(known) == key:
            return known
    raise Failure(_unknown(key, keys))


def _unknown(key: str, keys: Any) -> str:
    from engine.diagnostics import nearest

    close = nearest(key, keys)
    hint = f"; did you mean {shown(close)}?" if close else "; `touchtone sessions list` shows those that there are"
    return f"no session is kept under {shown(key)}{hint}"


def _flows(session: "Session") -> list[str]:
    """The flows that the call has been in, as far as they have variables, and the subflows that it is in."""
    return list(dict.fromkeys((*session.entered, *[frame.flow for frame in session.frames])))


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return "never"


def _span(seconds: float) -> str:
    """A time to go in its two largest units."""
    units = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    left = max(0, int(seconds))
    parts: list[str] = []
    for size, unit in units:
        if left >= size or (unit == "s" and not parts):
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2])


def shown(text: str) -> str:
    """Text in one line, as a terminal may get it: what callers sent cannot speak to it, nor end the line."""
    return escaped(text).replace("\n", "\\u000a")


def escaped(text: str) -> str:
    """Text in which all that cannot be seen is written as JSON writes it; lines stay lines."""
    return _UNSEEN.sub(lambda match: match[0] if match[0].isprintable() else _written(match[0]), text)


def _written(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else json.dumps(character)[1:-1]
