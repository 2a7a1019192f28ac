"""Looks whether what a turn of a call script expects is so."""

import json
from collections.abc import Sequence

from engine.diagnostics import nearest
from engine.grammar.numbers import is_number, number_of
from engine.grammar.optout import opts_out
from engine.phone.call import PhoneCall
from engine.phone.events import Dialled, Heard, Logged, Played, Texted
from engine.phone.scripts import script
from engine.phone.scripts.player import Amiss, Player, asked_line
from engine.phone.scripts.script import Turn
from engine.phone.scripts.stubs import Ask
from engine.phone.scripts.words import Words
from engine.phone.tape import Side
from engine.phone.transcript import ENDS

LINES, LINE = 5, 200  # lines of the log that a message repeats, and letters of one
ENDINGS = {
    "caller": ("caller",),
    "hangup": ("flow", "end"),
    "rejected": ("reject", "busy"),
    "error": ("error", "limit"),
}


def check(player: Player, turn: Turn, side: Side) -> None:
    """Raises Amiss if what a turn expects is not so; a turn that does something expects nothing."""
    try:
        _check(player, turn, side)
    except Amiss as amiss:
        if word := player.kept_by_twilio:
            amiss.notes += _kept(word)
        raise


def _check(player: Player, turn: Turn, side: Side) -> None:
    match turn:
        case script.Hear():
            for words in turn.words:
                _hear(player, words, side)
        case script.Asks(words=asked):
            for words in asked:
                _asks(player, words)
        case script.Logs(words=logged):
            for words in logged:
                _logs(player, words)
        case script.Rings(numbers=numbers):
            _rings(player, numbers)
        case script.Stands():
            _stands(player, turn, side)
        case script.Holds():
            _holds(player, turn)
        case script.Costs(count=count, at_most=at_most):
            trips = player.story.round_trips
            if trips > count or (trips < count and not at_most):
                raise Amiss(f"the call has cost {_trips(trips)}, not {count}")
        case script.Leaves(address=address):
            if address not in player.left:
                raise Amiss(f"the call does not go to `{address}`", *_whereabouts(player))
        case script.Ends(by=by):
            _ends(player, by)


def _hear(player: Player, words: Words, side: Side) -> None:
    heard = [_sound(event) for event in player.heard(side) if isinstance(event, Heard | Played | Texted)]
    end = words.find(heard, player.behind)
    if end is not None:
        player.behind = end
        return
    who = "the caller" if side == "caller" else "who was dialled"
    shown = " ".join(words.text.split())
    since = f"since `{player.last}`" if player.last else "so far"
    if words.denied:
        raise Amiss(f"{who} hears `{_short(shown)}`", *_said(heard, since), span=words.span)
    notes = _said(heard, since)
    if words.find(heard) is not None:
        notes = ("it was heard, but before what the turn above hears: turns go in order", *notes)
    elif (
        player.last
        and words.find([_sound(one) for one in player.story.events if isinstance(one, Heard | Played | Texted)])
        is not None
    ):
        notes = (f"it was heard before `{player.last}`; `hear` stands above the turn that follows it", *notes)
    exactly = " exactly" if words.kind == "exactly" else ""
    raise Amiss(f"{who} does not hear{exactly} `{_short(shown)}`", *notes, *_whereabouts(player), span=words.span)


def _asks(player: Player, words: Words) -> None:
    if _found(words, player.asked):
        return
    shown = _short(" ".join(words.text.split()))
    since = f"since `{player.last}` " if player.last else ""
    told = tuple(f"it asks: {asked_line(ask)}" for ask in player.asked) or (f"{since}it asks nothing of the world",)
    if words.denied:
        raise Amiss(f"the flow asks `{shown}`", *told, span=words.span)
    if player.last and _found(words, player.asked_before):
        told = (f"it asked that before `{player.last}`; `asked` stands above the turn that follows it", *told)
    exactly = " exactly" if words.kind == "exactly" else ""
    raise Amiss(f"the flow does not ask{exactly} `{shown}`", *told, span=words.span)


def _found(words: Words, asked: Sequence[Ask]) -> bool:
    """Whether one of the lines that were asked has the words; whether none has, of words that are not to be asked."""
    found = [words.find([reading]) is not None for ask in asked for reading in ask.readings]
    return all(found) if words.denied else any(found)


def _logs(player: Player, words: Words) -> None:
    lines = [event.text for event in player.since if isinstance(event, Logged)]
    if _logged(words, lines):
        return
    shown = _short(" ".join(words.text.split()))
    since = f"since `{player.last}`" if player.last else "so far"
    told = [f"logged {since}: {_line(line)}" for line in lines[-LINES:]]
    told = told or [f"nothing was logged {since}"]
    if words.denied:
        raise Amiss(f"the flow logs `{shown}`", *told, span=words.span)
    if player.last and _logged(words, [event.text for event in player.story.events if isinstance(event, Logged)]):
        told.insert(0, f"it was logged before `{player.last}`; `logged` stands above the turn that follows it")
    exactly = " exactly" if words.kind == "exactly" else ""
    raise Amiss(f"the flow does not log{exactly} `{shown}`", *told, *_whereabouts(player), span=words.span)


def _logged(words: Words, lines: Sequence[str]) -> bool:
    """Whether one of the lines has the words; whether none has, of words that are not to be logged."""
    found = [words.find([line]) is not None for line in lines]
    return all(found) if words.denied else any(found)


def _line(text: str) -> str:
    """A line of the log on a line of a note."""
    line = " ".join(text.split())
    return line if len(line) <= LINE else line[: LINE - 1] + "…"


def _rings(player: Player, numbers: tuple[str, ...]) -> None:
    dialled = [event for event in player.since if isinstance(event, Dialled)]
    waiting = player.waiting
    if isinstance(waiting, Dialled) and waiting not in dialled:
        dialled.append(waiting)
    wanted = sorted(map(_number, numbers))
    if any(sorted(_number(target.address) for target in event.targets) == wanted for event in dialled) or (
        dialled and not numbers
    ):
        return
    if not dialled:
        raise Amiss("nobody is dialled here", *_whereabouts(player))
    raise _otherwise(dialled[-1], numbers)


def _otherwise(dialled: Dialled, numbers: tuple[str, ...]) -> Amiss:
    """What is amiss where a script expects other numbers than are dialled."""
    addresses = [target.address for target in dialled.targets]
    if {_number(number) for number in numbers} < {_number(address) for address in addresses}:
        quoted = ", ".join(json.dumps(address) for address in addresses)
        title = f"it rings at {len(addresses)} at once: {dialled.to}"
        return Amiss(title, f"write  dialled: [{quoted}]", label="not all of them")
    plus = [number for number in numbers if f"+{number}" in addresses]
    notes = (f'a number begins with its +: write  dialled: "+{plus[0]}"',) if plus else ()
    return Amiss(f"it rings at {dialled.to}", *notes, label=f"not at {_short(', '.join(numbers))}")


def _stands(player: Player, turn: script.Stands, side: Side) -> None:
    steps = player.project.steps(player.story, side)
    wanted = f"{turn.flow or player.flow}/{turn.step}"
    if not steps or steps[-1] != wanted:
        at = steps[-1] if steps else "no step"
        at = at.removeprefix(f"{player.flow}/")
        way = " → ".join(step.removeprefix(f"{player.flow}/") for step in steps[-6:])
        raise Amiss(f"the call is at `{at}`, not at `{turn.span.text}`", f"its way: {way}")


def _holds(player: Player, turn: script.Holds) -> None:
    variables = player.project.variables(player.story)
    for name, wanted in turn.values:
        if name not in variables:
            close = nearest(name, variables)
            note = f"did you mean `{close}`?" if close else "known here: " + (", ".join(variables) or "none")
            raise Amiss(f"the call has no variable `{name}`", note)
        found = _as_text(variables[name])
        number = number_of(wanted.text) if is_number(variables[name]) else None
        if number is not None and wanted.kind not in ("pattern", "unlike") and number == variables[name]:
            found = wanted.text  # a number beside what is written as it
        if wanted.is_value(found):
            continue
        shown = f"/{wanted.text}/" if wanted.kind in ("pattern", "unlike") else wanted.text
        if wanted.denied:
            raise Amiss(f"`{name}` is `{_short(found)}`", label="this is to be something else", span=wanted.span)
        like = "not like" if wanted.kind == "pattern" else "not"
        raise Amiss(f"`{name}` is `{_short(found)}`, {like} `{_short(shown)}`", span=wanted.span)


def _ends(player: Player, by: str) -> None:
    story = player.story
    assert isinstance(story, PhoneCall), "the reader lets no `ends` into a conversation"
    if player.left and by:
        raise Amiss(f"the call goes on at {player.left}", "write  leaves: " + player.left.partition("?")[0])
    if not story.over:
        raise Amiss("the call is not over", *_whereabouts(player))
    if by == "busy" and story.ended_by == "busy":
        return
    if by and story.ended_by not in ENDINGS.get(by, ()):
        raise Amiss(f"the call ends otherwise: {ENDS.get(story.ended_by, story.ended_by)}")


def _whereabouts(player: Player) -> tuple[str, ...]:
    """Where the call is, if that is news."""
    story = player.story
    if player.left:
        return (f"the call went on at {player.left}",)
    if isinstance(story, PhoneCall) and story.over:
        return (f"the call is over: {ENDS.get(story.ended_by, story.ended_by)}",)
    if isinstance(story, PhoneCall) and story.side == "callee":
        return ("somebody who was dialled is being asked something: what they do stands in `picks_up`",)
    return ()


def _kept(word: str) -> tuple[str, ...]:
    """What is so after a word that Twilio answers by itself (see `engine.grammar.optout`)."""
    answered = f"Twilio answers `{word}` by itself: the flow gets no such message to answer"
    closed = "what was asked before is closed; nothing reaches who wrote it until START"
    return (answered, closed) if opts_out(word) == "STOP" else (answered,)


def _sound(event: object) -> str:
    match event:
        case Heard(text=text):
            return text
        case Played():
            return event.named
        case Texted(body=body, media=media):
            return " ".join([body, *media])
    return ""


def _said(heard: Sequence[str], since: str) -> tuple[str, ...]:
    if not heard:
        return (f"nothing was heard {since}",)
    return (f"heard {since}: " + " ".join(f'"{" ".join(text.split())}"' for text in heard),)


def _number(address: str) -> str:
    """An address without blanks and hyphens, and without what tells its kind (`client:`)."""
    return address.rpartition(":")[2].replace(" ", "").replace("-", "")


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _short(text: str) -> str:
    return text if len(text) <= 50 else text[:49] + "…"


def _trips(count: int) -> str:
    return "1 round trip" if count == 1 else f"{count} round trips"
