"""Understands what somebody at a keyboard wants of a call: keys, words, silence, hanging up, how a dial goes."""

import re
import shlex
from collections.abc import Iterable

from engine.phone.call import PhoneCall
from engine.phone.conversation import Conversation
from engine.phone.course import NotNow
from engine.phone.events import (
    Asked,
    Bridged,
    Connected,
    Dialled,
    Enqueued,
    InConference,
    Paying,
    Recording,
    Referred,
    Waiting,
)

_KEYS = re.compile(r"[0-9*#]+")
_SECONDS = re.compile(r"(\d{1,6})\s*s(?:ec|econds?)?", re.IGNORECASE)

SILENCE = ("silence", "wait")
HANG_UP = ("hangup", "hang up", "bye")
PICK_UP = ("pick up", "pickup", "picks up")


def words_of(line: str) -> tuple[str, ...]:
    """What one line from a pipe says, in order: blanks part it, quotes keep words together."""
    try:
        return tuple(shlex.split(line))
    except ValueError:  # an apostrophe, not a quote
        return tuple(line.split())


class Handset:
    """Does with a call what is typed. Raises NotNow for what cannot be done where the call is."""

    def __init__(self, call: PhoneCall) -> None:
        self.call = call

    def take(self, typed: str, *, held: bool = False) -> None:
        """One thing typed: keys, `silence` (or nothing), `hangup`, what becomes of a dial and the like, or words.

        `'` in front makes words of anything. With `held` more keys may follow.
        """
        call, text = self.call, typed.strip()
        bare = text.lower()
        if not bare or bare in SILENCE:
            call.silence()
        elif text.startswith("'"):
            self._say(text[1:].strip())
        elif bare in HANG_UP:
            call.hang_up()
        elif _KEYS.fullmatch(text):
            (call.callee if call.side == "callee" else call).press(text, held=held)
        else:
            self._settle(text)

    def _settle(self, text: str) -> None:
        """Words to whatever waits: an outcome where somebody else decides, else what is said."""
        call, seconds = self.call, _SECONDS.fullmatch(text)
        match call.waiting_for:
            case Dialled() if text.lower() in PICK_UP:
                call.pick_up()
            case Dialled():
                call.dial(text.lower())
            case Bridged() if seconds:
                call.dial("completed", seconds=int(seconds[1]))
            case Recording() if seconds:
                call.record(int(seconds[1]))
            case Asked() | Recording():
                self._say(text)
            case None:
                raise NotNow("the call is over")
            case _:
                call.settle(text)

    def _say(self, words: str) -> None:
        (self.call.callee if self.call.side == "callee" else self.call).say(words)


def choices(waiting: Waiting | None) -> str:
    """What can be typed where a call waits, in a few words."""
    match waiting:
        case Asked(input=kinds):
            takes = {("dtmf",): "keys", ("speech",): "words"}.get(kinds, "keys or words")
            return f"{takes}, Enter for silence"
        case Recording():
            return "words, 12s for so many seconds, a key to finish, Enter for silence"
        case Dialled():
            return "pick up, busy, no-answer, failed"
        case Bridged():
            return "they talk: 60s for so many seconds, completed, hangup"
        case InConference():
            return "answered when it is over, Enter to wait"
        case Enqueued():
            return "bridged, leave, queue-full; Enter to wait"
        case Connected():
            return "ended, completed, failed"
        case Paying():
            return "success, or what went wrong"
        case Referred():
            return "success, failed"
        case None:
            return ""


def play_lines(lines: Iterable[str], story: PhoneCall | Conversation) -> Iterable[str | None]:
    """Does what lines from a pipe say, one thing at a time; yields what could not be done, None for what could.

    In a conversation each line is a message. What comes after the end of a call is not read.
    """
    for line in lines:
        if isinstance(story, Conversation):
            if line.strip():
                story.text(line.rstrip("\n"))
                yield None
            continue
        for typed in words_of(line) or ("",):
            if story.over:
                return
            try:
                Handset(story).take(typed)
            except NotNow as now:
                yield f"`{typed}` cannot happen: {now}"
            else:
                yield None
