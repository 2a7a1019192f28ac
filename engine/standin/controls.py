"""The stand-in's own pages and controls: what happened, and what somebody out there does."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from engine.server.form import Form
from engine.standin.driving import Driver
from engine.standin.limits import Limits
from engine.standin.phone_numbers import address, normal, party
from engine.standin.records import Records
from engine.standin.texts import LONGEST_BODY

SOMEBODY = "+15550001111"
"""Who calls and texts if nobody is named."""
MOST_REFUSALS = 1000

HELP = """\
A stand-in of Twilio's REST API. What happened is at / and, as JSON, at
/standin/events?after=NUMBER. Requests in place of people (curl -d NAME=VALUE):

  POST /standin/people       Number, Does        who answers at a number
  POST /standin/calls        From, To, Does      somebody calls a number
  POST /standin/calls/CA...  Does                does something in a call
  POST /standin/texts        From, To, Body      somebody texts a number
  POST /standin/refusals     Count, Code         the next requests fail

Does is busy, no-answer, failed, machine or fax; or one thing after another,
such as: press 1, say billing, hang up. From and To may be left out: To is the
account's first number then.
"""


class Page(NamedTuple):
    """An HTTP status, a text, and its type."""

    status: int
    text: str
    type: str = "text/plain; charset=utf-8"


class Mistaken(Exception):
    """A control that is used wrongly; the sentence says how it is meant."""


class Controls:
    """What is at `/` and below `/standin/`."""

    def __init__(self, records: Records, driver: Driver, limits: Limits) -> None:
        self._records, self._driver, self._limits = records, driver, limits

    def answer(self, method: str, path: str, query: Form, form: Form) -> Page:
        """A page, or the outcome of a control."""
        path = path.rstrip("/") or "/"
        pages = {"/": self._happened, "/standin": self._help, "/standin/events": self._events}
        controls = {
            "/standin/people": self._expect,
            "/standin/calls": self._call,
            "/standin/texts": self._text,
            "/standin/refusals": self._refuse,
        }
        try:
            if path in pages:
                if method not in ("GET", "HEAD"):
                    return Page(405, f"{path} is only read: use GET\n")
                return pages[path](query.last)
            sid = path.removeprefix("/standin/calls/")
            if path in controls or sid in self._records.calls:
                if method != "POST":
                    return Page(405, f"{path} takes a form: use POST, as curl -d does\n")
                return controls[path](form.last) if path in controls else self._act(sid, form.last)
        except Mistaken as mistaken:
            return Page(400, f"{mistaken}\n")
        return Page(404, f"There is nothing at this address.\n\n{HELP}")

    def _help(self, words: Mapping[str, str]) -> Page:
        return Page(200, HELP)

    def _happened(self, words: Mapping[str, str]) -> Page:
        lines = [f"{event.at.astimezone():%H:%M:%S}  {event.text}" for event in self._records.events()]
        return Page(200, "\n".join(lines or ["Nothing happened yet."]) + "\n")

    def _events(self, words: Mapping[str, str]) -> Page:
        after = _whole_number("after", words.get("after", "0"), 0, 10**15)
        events = [
            {"number": event.number, "at": event.at.isoformat(), "text": event.text, "sid": event.sid or None}
            for event in self._records.events(after)
        ]
        return _json(200, events)

    def _call(self, words: Mapping[str, str]) -> Page:
        said = _number(words, "From", SOMEBODY)
        from_ = party(said)
        if not from_:
            raise Mistaken(f"From is not a phone number: {said[:60]!r}")
        to = self._own_number(words)
        does = words.get("Does", "")
        try:
            sid = self._driver.call_number(from_, to, does)
        except ValueError as error:
            raise Mistaken(str(error)) from None
        return _json(200, {"sid": sid or None})

    def _act(self, sid: str, words: Mapping[str, str]) -> Page:
        does = words.get("Does", "").strip()
        if not does:
            raise Mistaken("Does says what happens, such as Does=1 or Does='say billing'")
        try:
            live = self._driver.does(sid, does)
        except ValueError as error:
            raise Mistaken(str(error)) from None
        if not live:
            raise Mistaken(f"{sid} is not live: {self._records.calls[sid].status}")
        return _json(200, {"sid": sid})

    def _expect(self, words: Mapping[str, str]) -> Page:
        said = _number(words, "Number", "")
        number = party(said)
        if not number:
            raise Mistaken(f"Number is not a phone number: {said[:60]!r}")
        try:
            self._driver.expect(number, words.get("Does", ""))
        except ValueError as error:
            raise Mistaken(str(error)) from None
        self._records.note(f"{number}: {words.get('Does', '') or 'answers and listens'}")
        return _json(200, {"number": number})

    def _text(self, words: Mapping[str, str]) -> Page:
        said = _number(words, "From", SOMEBODY)
        channel, from_ = address(said)
        if not from_:
            raise Mistaken(f"From is not a phone number: {said[:60]!r}")
        to, body = self._own_number(words), words.get("Body", "")
        if len(body) > LONGEST_BODY:
            raise Mistaken(f"Body is at most {LONGEST_BODY} characters long, not {len(body)}")
        prefix = f"{channel}:" if channel else ""
        sid = self._driver.text_number(prefix + from_, prefix + to, body)
        return _json(200, {"sid": sid or None})

    def _refuse(self, words: Mapping[str, str]) -> Page:
        count = _whole_number("Count", words.get("Count", "1"), 1, MOST_REFUSALS)
        code = _whole_number("Code", words.get("Code", "20429"), 10000, 99999)
        self._limits.refuse_next(count, code)
        return _json(200, {"count": count, "code": code})

    def _own_number(self, words: Mapping[str, str]) -> str:
        own = [number.phone_number for number in self._records.numbers.all()]
        said = _number(words, "To", own[0] if own else "")
        to = normal(said.rpartition(":")[2])
        if to not in own:
            raise Mistaken(f"To is not a number of the account: {said[:60]!r}; it has {', '.join(own)}")
        return to


def _number(words: Mapping[str, str], name: str, otherwise: str) -> str:
    """A number as it is meant: in a form `+` stands for a space, so `curl -d From=+1…` sends ` 1…`."""
    said = words.get(name, otherwise)
    return f"+{said.strip()}" if said.startswith(" ") else said.replace(": ", ":+")


def _whole_number(name: str, text: str, least: int, most: int) -> int:
    if text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most:
        return int(text)
    raise Mistaken(f"{name} is a number from {least} to {most}, not {text[:60]!r}")


def _json(status: int, content: object) -> Page:
    return Page(status, json.dumps(content, ensure_ascii=False, indent=1) + "\n", "application/json")
