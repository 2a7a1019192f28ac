"""The moves of somebody at the telephone: played on it, and written down as a call script."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.phone import Conversation, NotNow, PhoneCall
from engine.phone.events import Recording
from engine.phone.phone import CALLER, NUMBER
from engine.phone.scripts.later import seconds_in
from engine.phone.scripts.stubs import Stub
from engine.phone.scripts.write import KEY_NAMES, given_entry, quoted, scalar
from engine.phone.scripts.write_stubs import given_lines
from engine.phone.tape import Side
from engine.phone.transport import encode
from engine.testing.project import Project
from engine.testing.world import Improvise


@dataclass(frozen=True, slots=True)
class Move:
    """One turn of a script: its key (`press`, `say`, `silence`, `hangup`, `answers`, `picks_up`, `talks`, `recorded`, `outcome`,
    `text`, `later`), what it says, and the side of the line that does it.

    `recorded` says seconds and what ends the recording (`12`, `12 #`, `12 hangup`); `outcome` a verb and how it ends.
    """

    key: str
    words: str = ""
    side: Side = "caller"


@dataclass(frozen=True, slots=True)
class Start:
    """How a call comes in: to which flow, from whom, when, with which parameters, with what the flow takes.

    With `texts` it is a conversation by message with a flow that answers calls too. `stubs` answer for the world.
    """

    flow: str
    from_: str = CALLER
    at: datetime | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    takes: Mapping[str, str] = field(default_factory=dict)
    texts: bool = False
    stubs: tuple[Stub, ...] = ()


def begin(project: Project, start: Start, improvise: Improvise | None = None) -> PhoneCall | Conversation:
    """The call as it comes in: nobody has done anything yet. The world itself is never asked: `improvise` answers what no stub
    speaks of."""
    address = project.entry(start.flow) + (f"?{encode(tuple(start.takes.items()))}" if start.takes else "")
    phone = project.phone(start.at, stubs=start.stubs, improvise=improvise or (lambda effect: None))
    if start.texts or project.program.flows[start.flow].channel == "messaging":
        return phone.write(address, start.from_, NUMBER, params=start.params)
    return phone.ring(address, start.from_, NUMBER, params=start.params)


def make(story: PhoneCall | Conversation, move: Move) -> None:
    """Makes a move; raises NotNow where it cannot be made."""
    if isinstance(story, Conversation):
        if move.key == "later" and (seconds := seconds_in(move.words)):
            story.later(seconds)
        elif move.key == "text":
            story.text(move.words)
        else:
            raise NotNow("a conversation knows messages only, and that none comes")
        return
    where = story.callee if move.side == "callee" else story
    first, _, rest = move.words.partition(" ")
    match move.key:
        case "press":
            where.press(move.words)
        case "say":
            where.say(move.words)
        case "silence":
            where.silence()
        case "hangup":
            where.hang_up()
        case "answers":
            story.dial(move.words)
        case "picks_up":
            story.pick_up()
        case "talks":
            story.dial("completed", seconds=int(move.words))
        case "recorded":
            if not isinstance(story.waiting_for, Recording):
                raise NotNow("nothing is recorded here")
            story.record(int(first), key="" if rest == "hangup" else rest, hangup=rest == "hangup")
        case "outcome":
            story.settle(rest)
        case _:
            raise NotNow(f"a call knows no `{move.key}`")


@dataclass(frozen=True, slots=True)
class Told:
    """A call to be written down: its name, how it comes in, its moves, and lines of what is expected at its end."""

    name: str
    start: Start
    moves: tuple[Move, ...]
    expected: tuple[str, ...] = ()


def script(flow: str, calls: Sequence[Told]) -> str:
    """A call script (`*.calls.yaml`) of calls to one flow, as text."""
    lines = [f"flow: {flow}", "", "calls:"]
    names: dict[str, int] = {}
    for call in calls:
        names[call.name] = names.get(call.name, 0) + 1
        again = f" ({names[call.name]})" if names[call.name] > 1 else ""
        lines.append(f"  {quoted(call.name + again)}:")
        turns = [*_turns(call.moves), *(f"- {line}" for line in call.expected)]
        silent = call.start.texts and not any(move.key == "text" for move in call.moves)
        entries = (*_given(call.start), *(["channel: messaging"] if silent else []))
        given = given_entry(entries, tuple(given_lines(call.start.stubs)))
        if given:
            lines += [f"    {line}" for line in (*given, "turns:" + ("" if turns else " []"))]
            lines += [f"      {turn}" for turn in turns]
        elif turns:
            lines += [f"    {turn}" for turn in turns]
        else:
            lines[-1] += " []"
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def plain(text: str) -> str:
    """A text as people write it into YAML: without quotes where it can be, as `touchtone phone --save` does."""
    return text if scalar(text) == text else quoted(text)


def _given(start: Start) -> Iterable[str]:
    if start.from_ != CALLER:
        yield f"from: {quoted(start.from_)}"
    if start.at is not None:
        yield f"at: {quoted(start.at.isoformat())}"
    for name, pairs in (("params", start.params), ("takes", start.takes)):
        if pairs:
            yield f"{name}: {{{', '.join(f'{_key(key)}: {quoted(value)}' for key, value in pairs.items())}}}"


def _key(name: str) -> str:
    """A name as a key of a flow mapping: brackets would begin a list there."""
    return quoted(name) if set(name) & set("[]{}") else name


def _turns(moves: Sequence[Move]) -> Iterable[str]:
    for number, move in enumerate(moves):
        if move.side == "callee":
            if number and moves[number - 1].side == "caller":
                yield f"- {moves[number - 1].key}:"
            yield f"    - {_turn(move)}"
        elif number + 1 == len(moves) or moves[number + 1].side == "caller":
            yield f"- {_turn(move)}"


def _turn(move: Move) -> str:
    match move.key:
        case "press" if move.words.isdecimal() or move.words in KEY_NAMES:
            return f"press: {KEY_NAMES.get(move.words, move.words)}"
        case "press" | "say" | "text":
            return f"{move.key}: {plain(move.words)}"
        case "recorded":
            seconds, _, end = move.words.partition(" ")
            if seconds == "0":
                return "recorded: nothing"
            end = KEY_NAMES.get(end, end)
            return f"recorded: {seconds} second{'s' if int(seconds) != 1 else ''}" + (f", then {end}" if end else "")
        case "talks":
            return f"talks: {move.words} second{'s' if int(move.words) != 1 else ''}"
        case "outcome":
            verb, _, outcome = move.words.partition(" ")
            return f"outcome: {{{verb}: {quoted(outcome)}}}"
        case _:
            return f"{move.key}: {move.words}" if move.words else move.key
