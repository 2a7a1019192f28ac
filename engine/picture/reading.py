"""Makes the cards of a flow from its graph and its parts."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from engine.diagnostics.source import Span
from engine.diagnostics.suggest import nearest
from engine.grammar.verbs import TARGET_WORDS
from engine.model.flow import Flow
from engine.model.gathers import after_silence, takes_every
from engine.model.graph import Edge
from engine.model.lint.course import is_passed, runs_out
from engine.model.parts import (
    Block,
    Branching,
    ByLanguage,
    Exit,
    Instruction,
    PerformEffect,
    Piece,
    Redirect,
    Return,
    Subflow,
    Target,
    ToStep,
    ToUrl,
    ToWord,
    Verb,
    is_gather,
)
from engine.model.walk import closure
from engine.picture.cards import Cap, Card, Cards, Folded, Item, Kind, Line, Mark, Row, Shown, Strip, StripKey
from engine.picture.wording import plain, text_of

DEEPEST = 4  # lists nested deeper are folded to a count
SUGGESTED = 20  # targets that do not exist for which the one that was meant is looked for

_KEY_KINDS: Mapping[str, Kind] = {"digits": "key", "words": "said", "pattern": "pattern", "whole": "outcome"}
_AUX = frozenset(("whisper", "queue_whisper", "queue_wait", "conference_wait"))
_MARKS: Mapping[str, Mark] = {
    "whisper": "whisper",
    "queue_whisper": "whisper",
    "queue_wait": "wait",
    "conference_wait": "wait",
    "callback": "callback",
}
_RUNS_OUT = {
    "whisper": "the two sides are joined",
    "queue_whisper": "the two sides are joined",
    "queue_wait": "it begins again",
    "conference_wait": "it falls silent",
}

Steps = Mapping[str, Collection[str]]


def cards_of(
    flow: Flow, steps: Steps = MappingProxyType({}), entered: Collection[str] = (), *, errors: bool = False
) -> Cards:
    """The cards of a flow.

    `steps` are the names of the steps of all flows of the project; without them, what is said of other flows is taken as right.
    `entered` are the steps of this flow that other flows lead to. `errors` tells that the file has mistakes.
    """
    return _Reading(flow, steps, entered, errors).cards()


def entered_from(flows: Mapping[str, Flow]) -> dict[str, set[str]]:
    """For each flow its steps that other flows lead to, all flows looked at once."""
    found: dict[str, set[str]] = {}
    for flow in flows.values():
        for name, step in flow.graph.outward:
            if name in flows:
                found.setdefault(name, set()).add(step or flows[name].start)
    return found


class _Reading:
    def __init__(self, flow: Flow, steps: Steps, entered: Collection[str], errors: bool) -> None:
        self._flow, self._steps, self._entered, self._errors = flow, steps, entered, errors
        self._suggested = 0
        self._wrong = False
        self._roles: dict[str, set[str]] = {}
        for edge in flow.graph.pages:
            if isinstance(edge.goes, ToStep) and edge.goes.flow in ("", flow.name):
                self._roles.setdefault(edge.goes.step or flow.start, set()).add(edge.role)
        self._items: list[Item] = []
        self._edges: dict[str, list[Edge]] = {}
        self._step = ""

    def cards(self) -> Cards:
        flow = self._flow
        strip = self._strip()
        cards = tuple(self._card(name, block) for name, block in flow.steps.items())
        return Cards(flow.name, flow.start, cards, strip, self._reached(cards, strip), self._errors or self._wrong)

    def _reached(self, cards: tuple[Card, ...], strip: Strip) -> frozenset[str]:
        flow = self._flow
        leads = {card.step: [row.to for row in card.rows if row.to] for card in cards}
        doors = [f"{flow.name}/{flow.start}", *(f"{flow.name}/{step}" for step in self._entered)]
        doors += [strip.on_error.to] if strip.on_error else []
        for node in (flow.graph.always,):
            doors += [f"{aim[0]}/{aim[1]}" for edge in node.edges if (aim := edge.aim)]
        return frozenset(closure(doors, lambda step: leads.get(step, ())))

    def _strip(self) -> Strip:
        flow = self._flow
        on_error = None
        if flow.on_error is not None:
            door = next(edge for edge in flow.graph.doors if edge.role == "error")
            on_error = self._row(door, "outcome", (Cap("outcome", "on_error"),), flow.on_error, "", 0)
        always: list[StripKey] = []
        for edge in flow.graph.always.edges:
            if edge.role != "exit" or "." in edge.place or edge.exit is None:
                continue
            row = self._row(edge, "key", _caps(edge.exit, texts=False), edge.exit.goes, "", 0)
            target = row.target
            if isinstance(edge.exit.goes, Block):
                target = next((text for one in edge.exit.goes.instructions if (text := text_of(one)[1])), "a list")
            always.append(StripKey(row.edge, row.caps, row.to, target, row.shown, row.line))
        return Strip(on_error, tuple(always), tuple(flow.languages), flow.channels)

    def _card(self, name: str, block: Block) -> Card:
        flow = self._flow
        self._step, self._items, self._edges = name, [], {}
        for edge in flow.graph.steps[name].edges:
            self._edges.setdefault(edge.place, []).append(edge)
        line = _line_of_name(name, block.span)
        self._block(block, 0)
        if runs_out(flow, block):
            self._items.append(
                Row(f"{flow.name}/{name}: ends", "fall", (), "", f"runs out: {self._ending(name)}", "end", "", line)
            )
        marks: list[Mark] = ["start"] if name == flow.start else []
        if flow.on_error is not None and isinstance(flow.on_error, ToStep) and not flow.on_error.flow:
            marks += ["on_error"] if flow.on_error.step == name else []
        marks += dict.fromkeys(_MARKS[role] for role in sorted(self._roles.get(name, ())) if role in _MARKS)
        return Card(flow.name, name, line, tuple(marks), tuple(self._items))

    def _ending(self, name: str) -> str:
        heard = self._roles.get(name, set())
        if heard & {"callback"}:
            return "the report is done"
        told = next((told for role, told in _RUNS_OUT.items() if role in heard), "")
        return told or ("the call ends" if self._flow.channel == "voice" else "the conversation is over")

    def _block(self, block: Block, depth: int) -> None:
        if depth > DEEPEST:
            self._items.append(_folded(block, depth, self._edges))
            return
        for instruction in block.instructions:
            self._instruction(instruction, depth)

    def _instruction(self, instruction: Instruction, depth: int) -> None:
        place, line = instruction.place, _line(instruction.span)
        edges = self._edges.get(place, [])
        if isinstance(instruction, Redirect | Return):
            target = instruction.target if isinstance(instruction, Redirect) else None
            value = "" if isinstance(instruction, Redirect) else text_of(instruction)[1]
            row = self._row(edges[0], "outcome", (Cap("outcome", "then"),), target, place, depth)
            if target is None:
                row = Row(row.edge, "outcome", row.caps, "", f"returns {value}".strip(), "end", place, line, depth)
            self._items.append(row)
            return
        verb, text, said = text_of(instruction)
        ends = isinstance(instruction, Verb) and instruction.piece.element.conduct.ends
        if ends and verb in ("hangup", "leave"):
            self._items.append(self._end(place, line, depth, "leaves the queue" if verb == "leave" else self._over))
            return
        to = f"{instruction.flow}/" if isinstance(instruction, Subflow) else ""
        self._items.append(Line(verb, text, said, place, line, depth, to))
        names = _attributes(instruction)
        for edge in edges:
            if edge.role not in ("exit", "subflow") and edge.goes is not None and not isinstance(edge.goes, Block):
                name = names.get(id(edge.goes), "url")
                row = self._row(edge, "role", (Cap("role", f"{name}:"),), edge.goes, place, depth)
                self._items.append(_drawn_as(row, edge.role))
        if isinstance(instruction, Branching):
            self._exits(instruction, [edge for edge in edges if edge.role == "exit"], depth)
        if ends:
            self._items.append(self._end(place, line, depth, self._over))

    @property
    def _over(self) -> str:
        return "hang up" if self._flow.channel == "voice" else "ends"

    def _end(self, place: str, line: int, depth: int, told: str) -> Row:
        edge = f"{self._flow.name}/{self._step}:{place} end 0"
        return Row(edge, "outcome", (Cap("outcome", "then"),), "", told, "end", place, line, depth)

    def _exits(self, instruction: Branching, edges: list[Edge], depth: int) -> None:
        again = waiting = self._again(instruction, depth)
        texts = self._flow.channel == "messaging"
        for edge in edges:
            exit_ = edge.exit
            assert exit_ is not None, "the edge of an exit has it"
            if waiting and exit_.names:
                self._items.append(waiting)
                waiting = None
            self._items.append(self._row(edge, _kind(exit_), _caps(exit_, texts), exit_.goes, edge.place, depth))
            if isinstance(exit_.goes, Block):
                self._block(exit_.goes, depth + 1)
        if waiting:
            self._items.append(waiting)
        if is_gather(instruction) and edges and is_passed(self._flow, instruction):
            self._items.append(self._passed(instruction, "otherwise" if again else "", depth))

    def _passed(self, gather: Branching, told: str, depth: int) -> Row:
        """The row of a gather that goes on where no exit is taken."""
        names = {name for exit_ in (*gather.exits, *self._flow.always) for name in exit_.names}
        silence = "no reply" if self._flow.channel == "messaging" else "silence"
        rest = [word for word, name in ((silence, "no_input"), ("no match", "no_match")) if name not in names]
        caps = (Cap("outcome", told or ", ".join(rest)),)
        edge = f"{self._flow.name}/{self._step}:{gather.place} falls"
        return Row(edge, "outcome", caps, "", "goes on", "on", gather.place, _line(gather.span), depth)

    def _again(self, instruction: Branching, depth: int) -> Row | None:
        """The row that tells how often a gather asks; None where it asks once."""
        if not isinstance(instruction, Verb) or not is_gather(instruction) or instruction.retry.attempts < 2:
            return None
        texted = instruction.piece.element.class_name == "MessagingGather"
        counted = ["no reply" if texted else "silence"] if not texted or after_silence(instruction).asks_again else []
        counted += [] if takes_every(instruction) else ["no match"]
        if not counted:
            return None
        caps = (Cap("outcome", ", ".join(counted)),)
        told = f"asked {instruction.retry.attempts}×{' in all' if depth < 3 else ''}"
        place = instruction.place
        edge = f"{self._flow.name}/{self._step}:{place} again 0"
        return Row(edge, "again", caps, "", told, "again", place, _line(instruction.span), depth)

    def _row(
        self, edge: Edge, kind: Kind, caps: tuple[Cap, ...], goes: Target | Block | None, place: str, depth: int
    ) -> Row:
        to, target, shown, bad = self._aimed(goes)
        return Row(edge.id, kind, caps, to, target, shown, place, _line(edge.span), depth, bad)

    def _aimed(self, goes: Target | Block | None) -> tuple[str, str, Shown, str]:
        """Where something leads: the step, what is shown for it and how, and what to write where there is no such step."""
        flow = self._flow
        match goes:
            case Block():
                on = runs_out(flow, goes)
                return "", "goes on" if on else "", "on" if on else "list", ""
            case ToStep():
                return self._step_aimed(goes)
            case ToUrl():
                return "", plain(goes.url), "url", ""
            case ToWord(word="repeat"):
                return "", "repeat", "repeat", ""
            case ToWord(word="back"):
                return "", "back", "back", ""
            case ToWord(word="restart"):
                return f"{flow.name}/{flow.start}", "restart", "step", ""
            case ToWord(word=word):
                return "", {"hangup": self._over, "leave": "leaves the queue"}.get(word, word), "end", ""
        return "", "", "end", ""

    def _step_aimed(self, target: ToStep) -> tuple[str, str, Shown, str]:
        flow, name = self._flow, target.flow
        if name and name != flow.name:
            known = self._steps.get(name) if self._steps else ()
            written = f"{name}/{target.step}"
            if known is None:
                return "", written, "bad", self._meant(name, self._steps, "{}/" + target.step)
            if self._steps and target.step and target.step not in known:
                return "", written, "bad", self._meant(target.step, known, f"{name}/{{}}")
            return written, written, "flow", ""
        step = target.step or flow.start
        if step in flow.steps:
            return f"{flow.name}/{step}", step, "step", ""
        meant = self._meant(step, [*flow.steps, *TARGET_WORDS], "{}")
        return (f"{flow.name}/{meant}" if meant in flow.steps else ""), step, "bad", meant

    def _meant(self, name: str, known: Iterable[str], form: str) -> str:
        self._wrong = True
        self._suggested += 1
        meant = nearest(name, known) if self._suggested <= SUGGESTED else None
        return form.format(meant) if meant else ""


def _drawn_as(row: Row, role: str) -> Row:
    aux, quiet = role in _AUX, role == "callback"
    return Row(
        row.edge, "role", row.caps, row.to, row.target, row.shown, row.place, row.line, row.depth, row.bad, aux, quiet
    )


def _kind(exit_: Exit) -> Kind:
    if exit_.keys:
        return _KEY_KINDS.get(exit_.keys[0].kind, "key")
    return "condition" if exit_.when else "outcome"


def _caps(exit_: Exit, texts: bool) -> tuple[Cap, ...]:
    caps = [Cap(_KEY_KINDS.get(key.kind, "key"), _key(key.kind, key.text)) for key in exit_.keys]
    names = {"no_input": "no reply" if texts else "silence", "no_match": "no match"}
    caps += [Cap("outcome", names.get(name, name)) for name in exit_.names]
    if exit_.when is not None:
        caps.append(Cap("condition", " ".join(exit_.when.text.split())))
    return tuple(caps)


def _key(kind: str, text: str) -> str:
    return f"/{text.strip('/')}/" if kind == "pattern" else text


def _attributes(instruction: Instruction) -> dict[int, str]:
    """The names of the attributes that hold targets, by the identity of the target."""
    found: dict[int, str] = {}
    if isinstance(instruction, Verb):
        _attributes_in(instruction.piece, found)
    elif isinstance(instruction, PerformEffect):
        found = {id(value): name for name, value in instruction.values.items()}
    return found


def _attributes_in(piece: Piece, found: dict[int, str]) -> None:
    names = {attribute.xml: name for name, attribute in piece.element.attributes.items()}
    for xml, value in piece.attributes:
        for one in value.entries.values() if isinstance(value, ByLanguage) else (value,):
            found[id(one)] = names.get(xml, xml)
    for item in piece.content:
        if isinstance(item, Piece):
            _attributes_in(item, found)


def _folded(block: Block, depth: int, edges: Mapping[str, list[Edge]]) -> Folded:
    inner = f"{block.place}."
    held = [edge.id for place, found in edges.items() if place.startswith(inner) for edge in found]
    return Folded(_count(block), depth, _line(block.span), tuple(held))


def _count(block: Block) -> int:
    exits = (exit_ for one in block.instructions if isinstance(one, Branching) for exit_ in one.exits)
    return len(block.instructions) + sum(_count(exit_.goes) for exit_ in exits if isinstance(exit_.goes, Block))


def _line(span: Span) -> int:
    return span.source.position(span.start)[0]


def _line_of_name(name: str, span: Span) -> int:
    """The line of a step's name, which stands before its instructions."""
    text, end = span.source.text, span.start
    for _ in range(8):  # it may also stand in a comment between the two
        at = text.rfind(name, 0, end)
        if at < 0:
            break
        if text[at + len(name) : at + len(name) + 8].lstrip("\"' ")[:1] == ":":
            return span.source.position(at)[0]
        end = at
    return span.source.position(span.start)[0]
