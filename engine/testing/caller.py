"""A caller for tests written in Python: the turns of a call script as methods."""

from collections.abc import Mapping
from textwrap import indent
from typing import Any, Self

from engine.diagnostics import Report, Source, Span, nearest, render_text
from engine.document import Mapping as Entries
from engine.document import Node, Scalar, Sequence
from engine.phone.call import PhoneCall
from engine.phone.conversation import Conversation
from engine.phone.scripts.given import read_given
from engine.phone.scripts.play import failure_of, take
from engine.phone.scripts.player import Amiss, Player
from engine.phone.scripts.read import check_functions
from engine.phone.scripts.reader import Reader
from engine.phone.scripts.script import CallScript, Turn
from engine.phone.scripts.stubs import kinds
from engine.phone.scripts.turns import TURNS
from engine.phone.transcript import transcript
from engine.testing.project import Project
from engine.testing.told import whereabouts

WORDS = ("timeout", "error", "sent")  # how what is asked of the world ends

__tracebackhide__ = True  # a failure shows the line of the test, nothing of this module (pytest, "Hiding frames")


def ring(project: Project | Report, flow: str, given: Mapping[str, Any]) -> "Caller":
    """Rings a flow (or opens a conversation with it, where it answers messages); `given` as in a call script.

    With `channel="messaging"` it is a conversation with a flow that answers both. Fails the test where the flows have
    mistakes, or there is no such flow.
    """
    if isinstance(project, Report):
        raise AssertionError(f"the flows cannot be served:\n\n{render_text(project.diagnostics)}")
    flow = str(flow)
    if flow not in project.program.flows:
        close = nearest(flow, project.program.flows)
        raise AssertionError(f"there is no flow named `{flow}`" + (f"; did you mean `{close}`?" if close else ""))
    told = {name.rstrip("_"): value for name, value in given.items()}
    served = project.program.flows[flow].channels
    channel = str(told.pop("channel", served[0]))
    if channel not in served:
        raise AssertionError(f"`{flow}` does not answer on the channel `{channel}`, but on {' and '.join(served)}")
    return Caller(project, flow, told, channel)


class Caller:
    """Somebody on the telephone. Every method is a turn, gives the caller, and fails the test where it is not so."""

    def __init__(self, project: Project, flow: str, given: Mapping[str, Any], channel: str) -> None:
        self._project, self._flow = project, flow
        report = Report()
        told = read_given(Reader(report), _given(given))
        check_functions(told.stubs, project.functions, report)
        _demand(report)
        call = CallScript(flow, _span(flow), told, ())
        self._player = Player(project, flow, call, "conversation" if channel == "messaging" else "call")
        self._settle()

    @property
    def call(self) -> PhoneCall | Conversation:
        """The telephone's own account: `events`, `heard`, `round_trips`, …"""
        return self._player.story

    @property
    def variables(self) -> Mapping[str, object]:
        """The variables of the call as they are now."""
        return self._project.variables(self.call)

    @property
    def transcript(self) -> str:
        """The call so far, as lines."""
        return transcript(self.call.moments)

    # What is done

    def press(self, keys: str | int, *, during: str = "") -> Self:
        """Presses keys: `press("12#")`; `during` says in the middle of which words: `press(1, during="For billing")`."""
        return self._turn("press", {"keys": keys, "during": during} if during else keys)

    def say(self, words: str, *, during: str = "") -> Self:
        """Says words; `during` says in the middle of which words."""
        return self._turn("say", {"words": words, "during": during} if during else words)

    def silence(self, times: int = 1) -> Self:
        """Does nothing until something happens."""
        return self._turn("silence", times)

    def hang_up(self) -> Self:
        """Hangs up."""
        return self._turn("hangup", None)

    def text(self, body: str) -> Self:
        """Writes a message."""
        return self._turn("text", body)

    def is_written_to(self) -> Self:
        """The flow writes first, as a reminder does."""
        assert isinstance(self.call, Conversation), "a call is not written to"
        self.call.begin()
        return self

    def answers(self, outcome: str) -> Self:
        """How a dial goes: busy, no-answer, failed, canceled."""
        return self._turn("answers", outcome)

    def picks_up(self, turns: str | list[dict[str, Any]] = "", *, who: str = "") -> Self:
        """Whoever is dialled picks up, and presses keys, or takes turns: `[{"hear": "A call"}, {"press": "1"}]`."""
        said: dict[str, Any] = {**({"who": who} if who else {}), **({"turns": turns} if turns else {})}
        return self._turn("picks_up", said)

    def talks(self, seconds: int) -> Self:
        """The two talk so long."""
        return self._turn("talks", seconds)

    def later(self, time: str | int) -> Self:
        """So much time passes in which nobody does anything: `"30m"`, `"4h"`, `"1d"`."""
        return self._turn("later", time)

    def recorded(self, told: str | int) -> Self:
        """Speaks into a recording: `12`, `"12 #"`, `"12 seconds, then hangup"`, `"nothing"`."""
        return self._turn("recorded", told)

    def outcome(self, verb: str, outcome: str, **params: str) -> Self:
        """How a verb that waits for somebody ends: `outcome("pay", "success")`; `params` are parameters that Twilio sends with
        it: `outcome("connect", "ended", HandoffData="agent")`."""
        return self._turn("outcome", {verb: outcome, **({"params": params} if params else {})})

    # What is expected

    def hears(self, *words: str) -> Self:
        """Parts of what is heard since the last turn that did something, in this order; `/…/` is a pattern."""
        return self._turn("hear", list(words))

    def hears_exactly(self, words: str) -> Self:
        """The whole of what one `say` says."""
        return self._turn("hear", {"exactly": words})

    def hears_not(self, words: str) -> Self:
        """Words that are not heard."""
        return self._turn("hear", {"not": words})

    def dialled(self, *numbers: str) -> Self:
        """It rings at all of these."""
        return self._turn("dialled", list(numbers))

    def asked(self, *words: str) -> Self:
        """Parts of what the flow asks of the world since the last turn that did something: `asked("GET https://example.com")`."""
        return self._turn("asked", list(words))

    def asked_not(self, words: str) -> Self:
        """Words that are in nothing that it asks."""
        return self._turn("asked", {"not": words})

    def logged(self, *words: str) -> Self:
        """Parts of lines that the flow has logged since the last turn that did something; `/…/` is a pattern."""
        return self._turn("logged", list(words))

    def logged_not(self, words: str) -> Self:
        """Words that are in no such line."""
        return self._turn("logged", {"not": words})

    def at(self, step: str) -> Self:
        """The call is at a step: `menu`, or `billing/menu` in another flow."""
        return self._turn("at", step)

    def sets(self, **variables: object) -> Self:
        """Variables hold these values, compared as text; `/…/` is a pattern that takes all of one."""
        return self._turn("set", variables)

    def round_trips(self, count: int) -> Self:
        """So many requests for TwiML it has cost so far."""
        return self._turn("round_trips", count)

    def leaves(self, address: str) -> Self:
        """The call goes on at an address that is not the flows'."""
        return self._turn("leaves", address)

    def ends(self, by: str = "") -> Self:
        """The call is over: `hangup` (by the flow), `caller`, `rejected`, `busy`, `error`; "" by whoever."""
        return self._turn("ends", by or None)

    def _turn(self, key: str, value: object) -> Self:
        report = Report()
        node = None if value is None else _node(value)
        turns = TURNS[key](Reader(report), Scalar(key, _span(key), False), node)
        _demand(report)
        if not turns:  # `hears()`: a turn that looks at nothing passes for ever
            raise AssertionError(f"`{key}` says nothing")
        for turn in turns:
            self._settle(turn)
        return self

    def _settle(self, turn: Turn | None = None) -> None:
        """Takes a turn, or lets happen what was given in advance."""
        try:
            if turn is None:
                self._player.settle(())
            else:
                take(self._player, turn, "caller", ())
        except Amiss as amiss:
            failure = failure_of(self._player, amiss, turn)
            place = whereabouts(self._project.program, failure.step, failure.verb)
            facts = [*failure.notes, *([f"the call is at {place.location}"] if place else [])]
            account = [failure.title, *(indent(fact, "  ") for fact in facts), "", "so far:", self.transcript]
            raise AssertionError("\n".join(account)) from None


def _demand(report: Report) -> None:
    if report.errors:
        found = report.diagnostics[0]
        more = found.label or found.hint
        raise AssertionError(found.title + (f" ({more})" if more else ""))


def _span(text: str) -> Span:
    return Span(Source("", text), 0, len(text))


def _given(given: Mapping[str, Any]) -> Entries:
    """What a script would hold under `given`. How something ends (`timeout`, `sent`) is a word there, which in Python is a text
    like any other."""
    entries: list[tuple[Scalar, Node]] = []
    for name, value in given.items():
        node = _node(value)
        if name in kinds():
            answers = node.entries if isinstance(node, Entries) else ()
            node = (
                Entries(tuple((key, _bare(answer)) for key, answer in answers), node.span) if answers else _bare(node)
            )
        entries.append((_word(name), node))
    return Entries(tuple(entries), _span(str(given)))


def _word(text: str) -> Scalar:
    return Scalar(text, _span(text), False)


def _bare(node: Node) -> Node:
    """An answer, or a list of them, its words without quotes."""
    if isinstance(node, Sequence):
        return Sequence(tuple(_bare(item) if isinstance(item, Scalar) else item for item in node.items), node.span)
    if isinstance(node, Scalar) and node.text in WORDS:
        return Scalar(node.text, node.span, False)
    return node


def _node(value: object) -> Node:
    """What a script would hold where Python gives this."""
    span = _span(str(value))
    if isinstance(value, Mapping):
        return Entries(tuple((_word(str(key)), _node(entry)) for key, entry in value.items()), span)
    if isinstance(value, list | tuple):
        return Sequence(tuple(map(_node, value)), span)
    if isinstance(value, bool) or value is None:
        return Scalar({True: "true", False: "false", None: "null"}[value], span, False)
    return Scalar(str(value), span, isinstance(value, str))
