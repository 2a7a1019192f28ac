"""What somebody can do where a call stands, read from the branches that decide what follows."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from engine.grammar.fields.duration import shown
from engine.grammar.names import CALL, MESSAGE
from engine.grammar.templates import Expression
from engine.grammar.vocabulary import VOICE
from engine.model.flow import Flow
from engine.model.gathers import takes_every
from engine.model.parts import Branch, Branching, Exit, Instruction, Verb, is_gather
from engine.phone import Conversation, PhoneCall
from engine.phone.course import KINDS
from engine.phone.events import Asked, Bridged, Dialled, Enqueued, InConference, Recording, Waiting
from engine.phone.tape import Side
from engine.testing import samples
from engine.testing.moves import Move, Start
from engine.testing.project import Project
from engine.testing.times import times

FREE = 24  # answers that are tried where a gather takes any
STARTS = 24  # ways for a call to come in, beside those at other times
TALK = "30"  # seconds
MESSAGE_TEXT = "hello"

FAILURES = ("no-answer", "busy", "failed", "canceled")
OUTCOMES = {"conference": ("answered", "failed"), "refer": ("success", "failed")}

_KEYS = re.compile(r"[0-9*#]+")
_FACT = re.compile(r"\b(call|message|params)\.(\w+)")


class Choices:
    """The moves that make a difference in the flows of a project."""

    def __init__(self, project: Project, given: Mapping[str, Iterable[Mapping[str, str]]] | None = None) -> None:
        """`given` is what scripts give the flows that they call, by flow: what it takes in one call, and in others."""
        self._project = project
        self._flows = project.program.flows
        self._given = {flow: tuple(takes) for flow, takes in (given or {}).items()}

    def starts(self, name: str) -> tuple[Start, ...]:
        """The ways for a call to come into a flow: the plain one first, then those that its conditions speak of."""
        flow = self._flows[name]
        required = dict.fromkeys(sorted(flow.required), "1")
        told = [{**required, **one} for one in self._given.get(name, ()) if one]
        takes = told[0] if told else required
        found = [Start(name, takes=takes)]
        if len(flow.channels) > 1:
            found.append(Start(name, takes=takes, texts=True))
        found += [Start(name, takes=other) for other in told[1:STARTS]]
        found += [Start(name, at=at, takes=takes) for at in times(flow, _expressions(flow))]
        most = len(found) + STARTS
        for expression, values in _conditions(flow):
            for root, entry in _FACT.findall(expression.text):
                fact = {"call": CALL, "message": MESSAGE}.get(root, {entry: entry}).get(entry, "")
                for value in values:
                    if fact == "From":
                        found.append(Start(name, value, takes=takes))
                    elif fact not in ("", "Body", "To", "CallSid", "MessageSid"):
                        found.append(Start(name, params={fact: value}, takes=takes))
            for given in sorted(expression.names & (flow.takes.keys() | flow.required)):
                found += [Start(name, takes={**takes, given: value}) for value in values or ("1",)]
        unlike = [start for number, start in enumerate(found) if start not in found[:number]]
        return tuple(unlike[:most])

    def at(self, story: PhoneCall | Conversation, flow: str) -> tuple[Move, ...]:
        """The moves where a call stands that came in at `flow`, each different from the others; none when it is over."""
        if isinstance(story, Conversation):
            return self.texts(flow, story)
        waiting = story.waiting_for
        return tuple(dict.fromkeys(self._moves(story, waiting))) if waiting is not None else ()

    def texts(self, name: str, story: Conversation) -> tuple[Move, ...]:
        """The messages that answer the open question of a conversation, else those that the flow's conditions speak of; and
        one that nobody speaks of. Last that no message comes, where that is followed."""
        tries = [MESSAGE_TEXT, *_compared(self._flows[name], {})]
        session = self._project.session(story)
        flow, step, _ = session.question.place if session and session.question else ("", "", "")
        if flow in self._flows:
            gathers = [
                verb
                for verb in self._flows[flow].graph.instructions_at(step)
                if isinstance(verb, Verb) and is_gather(verb)
            ]
            always = self._flows[flow].always
            exits = [*(exit_ for verb in gathers for exit_ in verb.exits), *always]
            tries = [*self._tries(gathers, always, story), samples.wrong_words(exits)]
        silence = (
            [Move("later", shown(int(session.question.wait)))] if session and session.due and session.question else []
        )
        return (*dict.fromkeys(Move("text", text) for text in tries if text.strip()), *silence)

    def _moves(self, call: PhoneCall, waiting: Waiting) -> Iterator[Move]:
        match waiting:
            case Asked():
                yield from self._answers(call, waiting)
            case Recording():
                yield Move("recorded", "12")
                yield Move("recorded", "0")
                if "hangup" in self._written(call, "record"):
                    yield Move("recorded", "12 hangup")
            case Dialled():
                yield Move("picks_up")
                written = self._written(call, "dial")
                # One that no branch speaks of takes the way of `else`.
                other = [status for status in FAILURES if status not in written][:1]
                yield from (Move("answers", status) for status in FAILURES if status in (*other, *written))
            case Bridged():
                yield Move("talks", TALK)
            case _:
                yield from self._outcomes(call, waiting)

    def _outcomes(self, call: PhoneCall, waiting: Waiting) -> Iterator[Move]:
        verb = KINDS[type(waiting)]
        conduct = VOICE.children["dial" if verb == "conference" else verb].conduct
        known = OUTCOMES.get(verb) or tuple(word for word in conduct.results if word != "hangup")
        written = self._written(call, "dial" if verb == "conference" else verb)
        free = () if verb == "conference" else tuple(word for word in written if word not in conduct.others)
        words = [word for word in dict.fromkeys((*known, *free)) if word in written and word not in ("else", "hangup")]
        # One that the branch does not know takes the way of `else`.
        words += [word for word in known if word not in written][:1]
        yield from (Move("outcome", f"{verb} {word}") for word in words)
        if isinstance(waiting, Enqueued | InConference):
            yield Move("silence")
        if "hangup" in written and verb in ("enqueue", "pay"):
            yield Move("hangup")

    def _answers(self, call: PhoneCall, asked: Asked) -> Iterator[Move]:
        side: Side = call.side
        keys, words = "dtmf" in asked.input, any(kind.startswith("speech") for kind in asked.input)
        gathers = [verb for verb in self._step(call) if isinstance(verb, Verb) and verb.piece.element.name == "gather"]
        always = self._flows[self._here(call)[0]].always if gathers else ()
        exits = [*(exit_ for verb in gathers for exit_ in verb.exits), *always]
        free = any(verb.save or takes_every(verb) for verb in gathers)
        wrong = samples.wrong_keys(exits, asked.num_digits or 1)
        tries = self._tries(gathers, always, call)
        if free:
            compared = _compared(self._flows[self._here(call)[0]], self._project.variables(call))
            tries += islice(dict.fromkeys(compared), FREE)
        for text in tries:
            if _KEYS.fullmatch(text) and keys:
                if len(text) <= (asked.num_digits or len(text)) and not set(asked.finish_on_key) & set(text):
                    yield Move("press", text, side)
            elif words and text.strip():
                yield Move("say", text, side)
        yield Move("silence", "", side)
        if keys and wrong and not set(asked.finish_on_key) & set(wrong):
            yield Move("press", wrong, side)
        elif words:
            yield Move("say", samples.wrong_words(exits), side)
        if side == "callee":
            yield Move("hangup", "", side)

    def _tries(self, gathers: list[Verb], always: tuple[Exit, ...], story: PhoneCall | Conversation) -> list[str]:
        """The answers that gathers speak of: by their keys, and in their conditions."""
        variables = self._project.variables(story)
        tries = list(dict.fromkeys(text for verb in gathers for text in samples.of_gather(verb.exits, always)))
        for exit_ in (exit_ for verb in gathers for exit_ in verb.exits):
            if exit_.when:
                tries += samples.literals(exit_.when.text)
                tries += [str(variables[name]) for name in sorted(exit_.when.names & variables.keys())]
        return tries

    def _here(self, call: PhoneCall) -> tuple[str, str]:
        """The flow and step that whoever is asked is at."""
        lived = self._project.steps(call, call.side)
        flow, _, step = lived[-1].partition("/") if lived else ("", "", "")
        return flow, step

    def _step(self, call: PhoneCall) -> tuple[Instruction, ...]:
        flow, step = self._here(call)
        return tuple(self._flows[flow].graph.instructions_at(step)) if flow in self._flows else ()

    def _written(self, call: PhoneCall, verb: str) -> tuple[str, ...]:
        """What the branches of a verb speak of, in the flow where the call is: its step may be a wait document."""
        flow = self._flows.get(self._here(call)[0])
        exits = [
            exit_
            for one in (flow.graph.instructions if flow else ())
            if isinstance(one, Verb) and one.piece.element.name == verb
            for exit_ in one.exits
        ]
        return tuple(word for exit_ in exits for word in (*exit_.names, *(key.text.casefold() for key in exit_.keys)))


def _exits(flow: Flow) -> Iterator[tuple[Expression | None, Exit]]:
    for one in flow.graph.instructions:
        if isinstance(one, Branching):
            yield from ((one.on if isinstance(one, Branch) else None, exit_) for exit_ in one.exits)


def _expressions(flow: Flow) -> Iterator[Expression]:
    """The expressions that exits of a flow depend on."""
    for on, exit_ in _exits(flow):
        yield from (one for one in (on, exit_.when) if one is not None)


def _conditions(flow: Flow) -> Iterator[tuple[Expression, tuple[str, ...]]]:
    """Each expression that an exit depends on, with what it is compared with."""
    for on, exit_ in _exits(flow):
        if exit_.when:
            yield exit_.when, tuple(samples.literals(exit_.when.text))
        if on:
            yield on, tuple(_texts(exit_))


def _compared(flow: Flow, variables: Mapping[str, object]) -> Iterator[str]:
    """What the branch instructions of a flow compare something with: as it is written, beside it, and what variables hold."""
    for on, exit_ in _exits(flow):
        if on:
            yield from _texts(exit_)
        if exit_.when:
            for literal in samples.literals(exit_.when.text):
                yield literal
                if literal.isdecimal() and re.search("[<>]", exit_.when.text):
                    yield from (str(int(literal) + 1), str(max(int(literal) - 1, 0)))
            held = (variables[name] for name in sorted(exit_.when.names & variables.keys()))
            yield from (str(value) for value in held if isinstance(value, str | int | float) and value != "")


def _texts(exit_: Exit) -> Iterator[str]:
    return (text for key in exit_.keys if (text := samples.of_key(key)))
