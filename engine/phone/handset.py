"""Understands what somebody at a keyboard wants of a call: keys, words, silence, hanging up, how a dial goes."""

import re
from collections.abc import Iterable

from engine.diagnostics import nearest
from engine.grammar.fields.duration import shown
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
from engine.phone.scripts.later import IN_ALL, seconds_in
from engine.phone.verbs.dial import FAILURES

SHOWN, LEFT = 3, 100  # of what is left over after a call: how many are named, and how many counted
_KEYS = re.compile(r"[0-9*#]+")
_PARTS = re.compile(r"'([^']*)'(?!\S)|\"[^\"]*\"|\S+")
_PARAM = re.compile(r"\s+(?=[A-Z]\w*=)")  # stands before a parameter of an outcome
_SECONDS = re.compile(r"(\d{1,6})\s*s(?:ec|econds?)?", re.IGNORECASE)

SILENCE = ("silence", "wait")
HANG_UP = ("hangup", "hang up", "bye")
PICK_UP = ("pick up", "pickup", "picks up", "answered")
# Words that mean something of their own where a call waits for somebody.
MEANING = {
    *SILENCE,
    *HANG_UP,
    *PICK_UP,
    "completed",
    "success",
    "failed",
    *FAILURES,
    "bridged",
    "leave",
    "queue-full",
    "ended",
}


def words_of(line: str) -> tuple[str, ...]:
    """What one line from a pipe says, in order: blanks part it, quotes keep words together and mark them as words.

    A line of nothing but words, none of which means something of its own, is said as a whole.
    """
    parts = [f"'{found[1]}" if found[1] is not None else found[0] for found in _PARTS.finditer(line)]
    parts = [f"'{part[1:-1]}" if len(part) > 1 and part[0] == part[-1] == '"' else part for part in parts]
    if all(part[0].isalpha() and part.lower() not in MEANING for part in parts):
        return (f"'{line.strip()}",) if len(parts) > 1 else tuple(parts)
    return tuple(parts)


class Handset:
    """Does with a call what is typed. Raises NotNow for what cannot be done where the call is."""

    def __init__(self, call: PhoneCall) -> None:
        self.call = call

    def take(self, typed: str, *, held: bool = False) -> None:
        """One thing typed: keys, `silence` (or nothing), `hangup`, what becomes of a dial and the like, or words.

        `'` in front makes words of anything. With `held` more keys may follow. Behind an outcome stand the parameters that Twilio
        sends with it: `ended HandoffData={"reason": "agent"}`.
        """
        call, text = self.call, typed.strip()
        bare = text.lower()
        if not bare.strip("' ") or bare in SILENCE:
            call.silence()
        elif text.startswith("'"):
            asked = isinstance(call.waiting_for, Asked | Recording)
            self._say(text[1:].strip()) if asked else self._settle(text[1:].strip())
        elif bare in HANG_UP:
            call.hang_up()
        elif _KEYS.fullmatch(text):
            (call.callee if call.side == "callee" else call).press(text, held=held)
        else:
            self._settle(text)

    def _settle(self, text: str) -> None:
        """Words to whatever waits: an outcome where somebody else decides, else what is said."""
        call, extra = self.call, dict[str, str]()
        if not isinstance(call.waiting_for, Asked | Recording | None):
            text, *sent = _PARAM.split(text)
            extra = dict(part.split("=", 1) for part in sent)
        seconds = _SECONDS.fullmatch(text)
        match call.waiting_for:
            case Dialled() if text.lower() in PICK_UP:
                call.pick_up()
            case Bridged() if seconds:
                call.dial("completed", seconds=int(seconds[1]))
            case Dialled() if (failure := text.lower().replace(" ", "-")) in FAILURES:
                call.settle(failure, extra)
            case Dialled() | Bridged() if text.lower().split()[0] not in _dial_words(call.waiting_for):
                close = nearest(text, _dial_words(call.waiting_for))
                meant = f"did you mean `{close}`? " if close else ""
                raise NotNow(f"{meant}it takes: {choices(call.waiting_for)}")
            case Dialled():
                call.settle(text.lower(), extra)
            case Recording() if seconds:
                call.record(int(seconds[1]))
            case Asked() | Recording():
                self._say(text)
            case None:
                raise NotNow("the call is over")
            case _:
                call.settle(text, extra)

    def _say(self, words: str) -> None:
        (self.call.callee if self.call.side == "callee" else self.call).say(words)


def _dial_words(waiting: Waiting | None) -> tuple[str, ...]:
    return ("completed", "answered", *FAILURES) if isinstance(waiting, Dialled) else ("completed", "transfer")


def choices(waiting: Waiting | None) -> str:
    """What can be typed where a call waits, in a few words."""
    match waiting:
        case Asked(input=kinds):
            takes = " or ".join("keys" if kind == "dtmf" else "words" for kind in kinds)
            return f"{takes}, Enter for silence"
        case Recording():
            return "words, a key to finish, Enter for silence"
        case Dialled():
            return "pick up, busy, no-answer, failed"
        case Bridged():
            return "they talk: completed when they are done, or hangup"
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

    In a conversation each line is a message, but for `later 4h`, which lets time pass (`'later 4h` is a message again). What was
    typed for later than the end of a call is yielded as left over.
    """
    left: list[str] = []
    for line in lines:
        if isinstance(story, Conversation):
            if line.strip():
                yield _write(line.rstrip("\n"), story)
            continue
        for typed in words_of(line) or ("",):
            if story.over:
                left += [typed.removeprefix("'")] if typed else []
                continue
            try:
                Handset(story).take(typed)
            except NotNow as now:
                yield f"`{typed}` cannot happen: {now}"
            else:
                yield None
        if len(left) > LEFT:
            break
    if left:
        more = "more" if len(left) > LEFT else f"{len(left) - SHOWN} more"
        named = ", ".join(f"`{typed[:LEFT]}`" for typed in left[:SHOWN])
        yield f"not used, as the call was over: {named}" + (f" and {more}" if len(left) > SHOWN else "")


def _write(line: str, conversation: Conversation) -> str | None:
    """Writes a line as a message, or lets time pass; what could not be done."""
    if line[:1] == "'" and _passes(line[1:]):
        line = line[1:]
    elif seconds := _passes(line):
        if conversation.waking is None:
            return f"`{line.strip()}` cannot happen: the server has a clock of its own"
        if seconds + conversation.now > IN_ALL:
            return f"`{line.strip()}` cannot happen: a conversation lasts at most {shown(IN_ALL)}"
        conversation.later(seconds)
        return None
    conversation.text(line)
    return None


def _passes(line: str) -> int | None:
    """The seconds that a line lets pass; None or 0 for a message."""
    word, _, time = line.strip().partition(" ")
    return seconds_in(time.strip()) if word.lower() == "later" else None
