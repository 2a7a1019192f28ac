"""What happens in a call as a line for a person: `hears "Thank you for calling"`, `presses 1`."""

import re
from urllib.parse import urlsplit

from engine.phone.events import (
    Bridged,
    Connected,
    Dialled,
    Did,
    Enqueued,
    Event,
    Heard,
    InConference,
    Limit,
    Lost,
    Paying,
    PickedUp,
    Played,
    Recording,
    Referred,
    Requested,
    Started,
    Warned,
)
from engine.phone.transcript import describe, visible

WIDTH = 60  # letters of a line: a time and a SID come before it
_DOES = {"press": "presses", "text": "writes"}

_PASSWORD = re.compile(r"//[^/@\s]*@")  # before the host of an address: nobody should read it in a line
LONGEST = 400  # letters of an error, which is shown as a whole


def short(text: str, width: int = WIDTH) -> str:
    """A text in one line of at most so many letters."""
    line = visible(" ".join(_PASSWORD.sub("//", text).split()))
    return line if len(line) <= width else line[: width - 1] + "…"


def quoted(text: str, width: int = WIDTH) -> str:
    """A text in quotes, in one line."""
    return f'"{short(text, width - 2)}"'


def place(url: str) -> str:
    """An address without its host and its query, as the server knows it."""
    return urlsplit(url).path or "/"


def told(event: Event, who: str = "") -> str:
    """The line for what happens, "" for what nobody needs to know. `who` is the number of somebody who was dialled."""
    if isinstance(event, PickedUp):
        who = ""  # it says who
    line = _told(event, WIDTH - len("hears  ") - len(who) - 1)
    return (
        short(f"{who} {line}".strip(), LONGEST if isinstance(event, Warned | Lost | Limit) else WIDTH) if line else ""
    )


def _told(event: Event, room: int) -> str:
    """`room` is how many letters of a text fit."""
    match event:
        case Heard(text=text, cut=cut):
            cuts = " (cut short)" if cut else ""
            return f"hears {quoted(text, room - len(cuts))}{cuts}"
        case Played(words=words) if words:
            return f"hears {quoted(words, room - len(' (recorded)'))} (recorded)"
        case Played(url=url, digits=digits):
            return f"hears the tones {digits}" if digits else f"hears the sound {place(url)}"
        case Did(act="press" | "text" as act, words=words):
            return f"{_DOES[act]} {words}"
        case Did(act="say", words=words):
            return f"says {quoted(words, room)}"
        case Did(act="redirect", words=words):
            return f"is moved to {place(words) if '/' in words else words}"
        case Did(act="hang up"):
            return "hangs up"
        case Requested():
            return _requested(event)
        case Dialled() | PickedUp() | Bridged() | InConference() | Enqueued() | Connected() | Paying() | Referred():
            return describe(event)
        case Recording():
            return "is recorded"
        case Started() | Lost() | Limit():
            return describe(event)
        case Warned(code=code, text=text, error=error):
            return f"Twilio {'error' if error else 'warning'} {code}: {text}"
        case _:
            return ""


def _requested(asked: Requested) -> str:
    answer = "" if 200 <= asked.status < 300 else f": {asked.status}" if asked.status else ": no answer"
    if asked.kind == "media":
        return f"fetches {place(asked.url)}{answer}" if answer else ""
    if asked.kind != "callback":
        return f"asks {place(asked.url)}{answer}"
    given = dict(asked.params)
    names = ("MessageStatus", "RecordingStatus", "AnsweredBy", "StatusCallbackEvent", "CallStatus")
    what = next((given[name] for name in names if given.get(name)), "")
    if given.get("MachineDetectionDuration") is None and "AnsweredBy" in given:
        what = given.get("CallStatus", what)
    return f"reports {what} to {place(asked.url)}{answer}".replace("  ", " ")
