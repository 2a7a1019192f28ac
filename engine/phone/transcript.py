"""A call as lines of text, for a terminal of 80 columns or the message of a failed test."""

import re
import textwrap
from collections.abc import Iterable, Iterator

from engine.grammar.verbs import ENGINE_VERBS
from engine.phone.events import (
    Asked,
    Bridged,
    Connected,
    Dialled,
    Did,
    Enqueued,
    Event,
    Heard,
    HungUp,
    InConference,
    Limit,
    Logged,
    Lost,
    OptOut,
    Paused,
    Paying,
    PickedUp,
    Played,
    Reached,
    Recording,
    Referred,
    Requested,
    Started,
    Texted,
    Warned,
)
from engine.phone.tape import Moment

KEYS = "0123456789*#"
REACHED = 200  # letters of what was asked of the world that are shown, and of what came of it
LONGEST = 5000  # letters of one thing that are shown: a Say has at most 4096 (Twilio, error 13521)
# What a terminal would obey or not show; blanks of any kind are the business of whoever folds the line.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
OPT_OUT = {
    "STOP": ", and delivers nothing to this number until START",
    "HELP": "; the flow is not asked",
    "START": ": texts are delivered again",
}
ENDS = {
    "caller": "you hung up",
    "flow": "the flow hung up",
    "end": "the flow ran out, and Twilio hung up",
    "reject": "turned away",
    "busy": "busy",
    "error": "Twilio gave up",
    "limit": "the telephone gave up",
    "callee": "the other side hung up",
    "api": "ended through the API",
}


def transcript(moments: Iterable[Moment], *, width: int = 80, requests: bool = False) -> str:
    """The moments as readable lines: what was heard, done, waited for, and what went wrong.

    What happens on the leg of somebody who was dialled is indented. `requests` adds the requests.
    """
    return "\n".join(line for moment in moments for line in _lines(moment, width, requests))


def visible(text: str) -> str:
    """A text from anybody with a mark for whatever would move the cursor, colour the terminal or turn letters around; and no longer
    than somebody reads."""
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} letters)"
    return _UNSEEN.sub("\ufffd", shown)


def describe(event: Event) -> str:
    """One event in a few words, such as `asks for keys (4 keys or until #, 5 s)`."""
    match event:
        case Heard(text=text, times=times, cut=cut):
            return f'"{text}"' + (f" ({times} times)" if times > 1 else "") + (" (cut short)" if cut else "")
        case Played(url=url, digits=digits, times=times, cut=cut, words=words):
            what = f"tones {digits}" if digits else f"sound {url}"
            what = f'"{words}" [recorded]' if words else f"[{what}]"
            return what + (f" ({times} times)" if times > 1 else "") + (" (cut short)" if cut else "")
        case Paused(seconds=seconds):
            return f"[{seconds} s of silence]"
        case Asked():
            return _asks(event)
        case Recording(max_length=longest, finish_on_key=keys, beep=beep):
            until = "" if not keys else ", or any key" if set(KEYS) <= set(keys) else f", or {keys}"
            return f"{'beep: ' if beep else ''}records (up to {longest} s{until})"
        case Dialled():
            return f"dials {event.to}"
        case PickedUp(target=target):
            return f"{target.address} picks up"
        case Bridged(target=target):
            return f"connected with {target.address}"
        case InConference(name=name):
            return f"in the conference {name}"
        case Enqueued(name=name, workflow_sid=workflow):
            return f"waits in the queue {name}" if name else f"waits as a task of {workflow}"
        case Connected(kind=kind, address=address):
            return f"connected to {kind} {address}".rstrip()
        case Paying(method=method, amount=amount, currency=currency):
            return f"pays {amount} {currency.upper()} ({method})" if amount else f"gives a {method}"
        case Referred(address=address):
            return f"handed over to {address}"
        case Texted(body=body, media=media):
            return " ".join([f'"{body}"', *(f"[{url}]" for url in media)])
        case Started(kind=kind, name=name, stopped=stopped):
            return f"{kind} {name} ".strip() + (" stops" if stopped else " starts")
        case Did(act=act, words=words, params=params):
            return " ".join([f"{act} {words}".rstrip(), *(f"{name}={value}" for name, value in params)])
        case HungUp(by=by):
            return ENDS.get(by, by)
        case Requested(method=method, url=url, status=status, kind=kind):
            return f"{method} {url} -> {status or 'no answer'}" + ("" if kind == "document" else f" ({kind})")
        case Reached():
            return _reached(event)
        case Logged(text=text):
            return f"(logs {_short(text)})"
        case OptOut(word=word, kind=kind):
            return f"(Twilio answers {word} itself{OPT_OUT[kind]})"
        case Warned(code=code, text=text, error=error):
            return f"Twilio {'error' if error else 'warning'} {code}: {text}"
        case Lost(words=words, why=why):
            return f"`{words}` is lost: {why}"
        case Limit(reason=reason):
            return f"limit: {reason}"


def _reached(event: Reached) -> str:
    does = ENGINE_VERBS[event.kind].done if event.kind in ENGINE_VERBS else event.kind
    why = f", {event.problem}" if event.problem else ""
    return f"({does} {_short(event.asked)} -> {_short(event.answer)}{why})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= REACHED else line[: REACHED - 1] + "…"


def _asks(asked: Asked) -> str:
    kinds = {"dtmf": "keys", "speech": "words"}
    what = " or ".join(kinds.get(kind, kind) for kind in asked.input)
    limits = [f"{asked.timeout} s"]
    if "dtmf" in asked.input:
        count = asked.num_digits
        ends = [f"{count} key{'s' if count > 1 else ''}"] if count else []
        ends += [f"until {asked.finish_on_key}"] if asked.finish_on_key and count != 1 else []
        limits = [*([" or ".join(ends)] if ends else []), *limits]
    return f"asks for {what} ({', '.join(limits)})"


def _lines(moment: Moment, width: int, requests: bool) -> Iterator[str]:
    event = moment.event
    if isinstance(event, Requested) and not requests:
        return
    mark = ">" if isinstance(event, Did) else "!" if isinstance(event, Warned | Lost | Limit) else " "
    indent = "    " if moment.side == "callee" else ""
    first = f"{indent}{mark} "
    for line in textwrap.wrap(visible(describe(event)), max(width - len(first), 20), break_on_hyphens=False) or [""]:
        yield (first + line).rstrip()
        first = indent + "  "
