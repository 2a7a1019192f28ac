"""What a simulated call waits for, and what can be done about it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from engine.phone import Conversation
from engine.phone.course import KINDS
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
from engine.phone.scripts.given import outcomes as known_outcomes
from engine.simulation import asking
from engine.simulation.outside import Given
from engine.simulation.places import lasting, leads, open_gather, question_gather
from engine.simulation.play import MANY, Play
from engine.testing.choices import OUTCOMES

KEYS = "1234567890*#"
_LABELS = {
    "busy": "Busy",
    "no-answer": "No answer",
    "failed": "Cannot be reached",
    "canceled": "Canceled",
    "bridged": "Somebody takes the call",
    "leave": "Leaves the queue",
    "queue-full": "The queue is full",
    "redirected": "Redirected",
    "success": "Success",
    "ended": "The session ends",
    "completed": "Completed",
}
_VERBS = {
    "enqueue": "The caller waits in the queue. How does it end?",
    "connect": "The call is connected. How does the session end?",
    "pay": "The caller is asked for a payment; no card is charged. How does it go?",
    "refer": "The call is transferred. How does it go?",
}


def waits(play: Play, given: Iterable[Given] = (), *, may_send: bool) -> dict[str, Any] | None:
    """What the call waits for; None when it is over."""
    if play.pending is not None:
        kind = play.pending.spec.name
        sentence = f"The flow makes an external call (`{kind}`). Nothing was sent. What comes back?"
        told = _told("world", sentence)
        return {**told, "outcomes": asking.outcomes(play), "asked": asking.asked(play, given, may_send=may_send)}
    if play.cut:
        return None
    if isinstance(play.story, Conversation):
        return _message(play, play.story)
    waiting = play.story.waiting_for
    return _call(play, waiting) if waiting is not None else None


def _told(kind: str, sentence: str, **more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "keys": {},
        "words": {},
        "digits": 0,
        "pressed": "",
        "finish": "",
        "timeout": 0.0,
        "speech": False,
        "outcomes": [],
        "asked": None,
        "until": "",
    }
    return {"kind": kind, "sentence": sentence, **empty, **more}


def _call(play: Play, waiting: Waiting) -> dict[str, Any]:
    match waiting:
        case Asked():
            return _answer(play, waiting)
        case Recording(max_length=longest, finish_on_key=finish, timeout=timeout):
            ends = "any key" if set(KEYS) <= set(finish) else " or ".join(finish)
            until = f", {ends}" if ends else ""
            sentence = f"Recording, up to {lasting(longest)}. It ends with {timeout} s of silence{until}, or a hang-up."
            buttons = [_button("Speak 12 s", {"record": 12}), _button("Say nothing", {"record": 0})]
            buttons.append(_button("Speak 12 s, then hang up", {"record": 12, "key": "hangup"}))
            keys = dict.fromkeys((key for key in KEYS if key in finish), "finish") if len(finish) < 3 else {}
            return _told("record", sentence, finish=finish, timeout=float(timeout), outcomes=buttons, keys=keys)
        case Dialled():
            return _told("dial", _rings(waiting), timeout=float(waiting.timeout), outcomes=_dial(waiting))
        case Bridged(target=target, hangup_on_star=star):
            buttons = [_button("They hang up", {"settle": "completed"}), _button("A minute later", {"later": "1m"})]
            keys = {"*": "ends the call out"} if star else {}
            return _told("bridged", f"The caller talks with {target.address}.", outcomes=buttons, keys=keys)
        case InConference(name=name):
            buttons = [_button("It ends", {"settle": "answered"}), _button("Cannot be joined", {"settle": "failed"})]
            buttons.append(_button("A minute later", {"later": "1m"}))
            return _told("conference", f"The caller is in the conference {name}.", outcomes=buttons)
        case Enqueued() | Connected() | Paying() | Referred():
            verb = KINDS[type(waiting)]
            buttons = _outcomes(verb)
            if isinstance(waiting, Enqueued):
                buttons.append(_button("Wait on", {"silence": True}))
            return _told(verb, _VERBS[verb], outcomes=buttons)


def _outcomes(verb: str) -> list[dict[str, Any]]:
    return [
        _button(_LABELS.get(word, _worded(word)), {"settle": word}) for word in known_outcomes(verb) or OUTCOMES[verb]
    ]


def _worded(word: str) -> str:
    return word.replace("-", " ").capitalize() if word.islower() else word


def _button(label: str, do: dict[str, Any]) -> dict[str, Any]:
    return {"label": label, "do": do}


def _rings(dialled: Dialled) -> str:
    return f"Ringing {dialled.to}, {dialled.timeout} s left. What happens there? No real call is made."


def _dial(dialled: Dialled) -> list[dict[str, Any]]:
    several = dialled.targets[:MANY] if len(dialled.targets) > 1 else ()
    buttons = [
        _button(f"{target.address} picks up", {"settle": f"picks_up {number}"}) for number, target in enumerate(several)
    ]
    buttons = buttons or [_button("Picks up", {"settle": "picks_up"})]
    return [*buttons, *(_button(_LABELS[status], {"settle": status}) for status in ("busy", "no-answer", "failed"))]


def _answer(play: Play, waiting: Asked) -> dict[str, Any]:
    assert not isinstance(play.story, Conversation), "a call asks"
    side = play.story.side
    speech = any(kind.startswith("speech") for kind in waiting.input)
    takes_keys = "dtmf" in waiting.input
    found = open_gather(play, side)
    answers = leads(*found) if found else {}
    keys = {text: goes for text, goes in answers.items() if len(text) == 1 and text in KEYS} if takes_keys else {}
    words = {text: goes for text, goes in answers.items() if speech and text not in keys and not text.isdecimal()}
    finish = waiting.finish_on_key if takes_keys and waiting.num_digits != 1 else ""
    for key in finish:
        keys.setdefault(key, "finish")
    pressed = pressed_so_far(play)
    buttons: list[dict[str, Any]] = []
    if side == "callee":
        buttons.append(_button("They hang up", {"hang_up": "callee"}))
    elif play.story.in_queue:
        buttons += [_button(_LABELS[word], {"settle": word}) for word in ("bridged", "leave")]
    return _told(
        "answer",
        _asks(waiting, len(pressed), takes_keys, speech, finish, side == "callee"),
        keys=keys,
        words=words,
        digits=waiting.num_digits,
        pressed="•" * len(pressed) if waiting.secret else pressed,
        finish=finish,
        timeout=float(waiting.timeout),
        speech=speech,
        outcomes=buttons,
    )


def _asks(waiting: Asked, count: int, keys: bool, speech: bool, finish: str, callee: bool) -> str:
    who = "The person who picked up is asked. " if callee else ""
    ends = f", {' or '.join(finish)} ends" if finish else ""
    if count and waiting.num_digits:
        return f"{who}{count} of {waiting.num_digits} digits. {waiting.timeout} s of silence ends the number{ends}."
    if count:
        return f"{who}{count} digit{'s' if count > 1 else ''} so far. {waiting.timeout} s of silence ends the number{ends}."
    many = f"{waiting.num_digits} keys" if waiting.num_digits > 1 else "one key" if waiting.num_digits else "keys"
    what = " or ".join(part for part in (many if keys else "", "words" if speech else "") if part)
    return f"{who}Waits {waiting.timeout} s for {what}{ends if keys else ''}."


def pressed_so_far(play: Play) -> str:
    """The keys that were pressed one by one, and that no turn has taken yet."""
    keys, turns = "", len(play.desktop.heards)
    for one in reversed(play.done):
        if one.act.kind != "press" or one.question != turns or len(one.act.text) != 1:
            break
        keys = one.act.text + keys
    return keys


def _message(play: Play, conversation: Conversation) -> dict[str, Any]:
    session = play.house.session(conversation)
    question = session.question if session else None
    now = play.desktop.time
    moves = [_button("10 minutes later", {"later": "10m"}), _button("1 hour later", {"later": "1h"})]
    if session is None or question is None or question.until <= now.timestamp():
        first = [] if conversation.events else [_button("The flow writes first", {"begin": True})]
        sentence = "No question is open: a text starts the flow again." if conversation.events else "Write a text."
        return _told("message", sentence, outcomes=[*first, *(moves if conversation.events else [])])
    due = session.due if session.due > now.timestamp() else 0.0
    until = _local(due or question.until, now)
    after = (
        "After that the flow sends the next text itself (no_input)."
        if due
        else f"After that, nothing is sent, and a text starts {play.start.flow} again."
    )
    moves.append(_button("To the limit", {"later": "limit"}))
    found = question_gather(play)
    words = leads(*found) if found else {}
    keys = {text: goes for text, goes in words.items() if len(text) == 1 and text in KEYS}
    sentence = f"The question stays open until {until:%H:%M}. {after}"
    return _told("message", sentence, outcomes=moves, words=words, keys=keys, until=until.isoformat())


def _local(seconds: float, now: datetime) -> datetime:
    return (now + timedelta(seconds=seconds - now.timestamp())).replace(microsecond=0)
