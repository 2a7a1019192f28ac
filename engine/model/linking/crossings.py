"""Checks that a call comes to nothing that only messages know, nor a message to what only calls do."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.grammar.channels import CHANNELS, asks_channel, holds, other_than
from engine.grammar.patterns import Pattern
from engine.model.files.flows import Draft
from engine.model.flow import Flow
from engine.model.gathers import after_silence
from engine.model.graph import Step, aimed
from engine.model.lint.course import passes
from engine.model.parts import (
    Block,
    Branch,
    Branching,
    Exit,
    Instruction,
    Markup,
    Redirect,
    Subflow,
    Target,
    ToStep,
    Verb,
    is_gather,
)
from engine.model.reading.reader import first_line, shortened
from engine.model.walk import closure

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def check_crossings(drafts: Mapping[str, Draft], report: Report) -> None:
    """Reports each verb and each target that the channel lacks on which somebody may come to it (F205).

    What a condition on `channel` keeps away from a channel is no doubt there.
    """
    if not any("messaging" in draft.flow.channels for draft in drafts.values()):
        return
    told: set[tuple[str, int]] = set()
    for channel in CHANNELS:
        _Course(drafts, channel, report, told).check()


@dataclass(slots=True)
class _Course:
    """Goes wherever somebody on a channel may come, from the start of each flow that serves it."""

    drafts: Mapping[str, Draft]
    channel: str
    report: Report
    told: set[tuple[str, int]]

    def check(self) -> None:
        for _ in closure(self._doors(), self._onward):
            pass  # what is wrong is told on the way

    def _doors(self) -> Iterator[Step]:
        for draft in self.drafts.values():
            if self.channel in draft.flow.channels:
                for door in draft.flow.graph.doors:
                    yield from self._lead(draft.flow, door.goes, door.span)

    def _onward(self, here: Step) -> Iterator[Step]:
        """The steps that somebody on the channel may come to from one; tells what is wrong in it."""
        draft = self.drafts[here[0]]
        if draft.certain and here[1] in draft.flow.steps:
            yield from self._walk(draft.flow, draft.flow.steps[here[1]])

    def _walk(self, flow: Flow, block: Block) -> Iterator[Step]:
        for instruction in block.instructions:
            self._look(flow, instruction)
            if isinstance(instruction, Redirect):
                yield from self._lead(flow, instruction.target, instruction.target.span)
            elif isinstance(instruction, Subflow):
                aim = ToStep(instruction.flow, "", instruction.flow_span)
                yield from self._lead(flow, aim, aim.span)
            for exit_ in self._exits(flow, instruction):
                if isinstance(exit_.goes, Block):
                    yield from self._walk(flow, exit_.goes)
                else:
                    yield from self._lead(flow, exit_.goes, exit_.goes.span)
            if not self._passes(flow, instruction):
                return

    def _look(self, flow: Flow, instruction: Instruction) -> None:
        match instruction:
            case Verb():
                name = instruction.piece.element.name
                if name not in CHANNELS[self.channel].served:
                    self._tell(flow, name, instruction.span)
            case Markup():
                tag = self._stranger(instruction)
                if tag:
                    self._tell(flow, f"<{tag}>", first_line(instruction.span))

    def _lead(self, flow: Flow, goes: Target | Block | None, span: Span) -> Iterator[Step]:
        aim = aimed(flow.name, "", goes)
        draft = self.drafts.get(aim[0]) if aim else None
        if aim is None or draft is None:
            return
        if draft.certain and self.channel not in draft.flow.channels:
            self._turn_away(flow, draft.flow, span)
        else:
            yield draft.flow.name, aim[1] or draft.flow.start

    def _exits(self, flow: Flow, instruction: Instruction) -> Iterator[Exit]:
        """The exits that may be taken on this channel."""
        exits = instruction.exits if isinstance(instruction, Branching) else ()
        if isinstance(instruction, Branch):
            for exit_, verdict in _verdicts(instruction, self.channel):
                if verdict is not False:
                    yield exit_
                if verdict is True:
                    return
            return
        own = exits
        if is_gather(instruction):
            exits += flow.always
        for exit_ in exits:
            silent = self.channel == "messaging" and set(exit_.names) == {"no_input"} and not exit_.keys
            if silent and exit_ in own and isinstance(instruction, Verb):
                silent = not after_silence(instruction).goes_on
            if not silent and (exit_.when is None or holds(exit_.when, self.channel) is not False):
                yield exit_

    def _passes(self, flow: Flow, instruction: Instruction) -> bool:
        """Whether the next instruction may follow on this channel."""
        if not isinstance(instruction, Branch):
            return passes(flow, instruction)
        for exit_, verdict in _verdicts(instruction, self.channel):
            tree = exit_.goes if isinstance(exit_.goes, Block) and verdict is not False else None
            if tree is not None and all(self._passes(flow, each) for each in tree.instructions):
                return True
            if verdict is True:
                return False
        return True

    def _stranger(self, markup: Markup) -> str:
        """The first element of verbatim TwiML that only the other channel has; "" if there is none, or nobody can say."""
        written = markup.text if isinstance(markup.text, str) else markup.text.text
        try:
            root = ElementTree.fromstring(f"<Response>{_TEMPLATE.sub('', written)}</Response>")
        except ElementTree.ParseError:
            return ""
        others = other_than(self.channel).tags - CHANNELS[self.channel].tags
        return next((element.tag for element in root if element.tag in others), "")

    # What is told.

    def _tell(self, flow: Flow, name: str, span: Span) -> None:
        one, many, other = CHANNELS[self.channel].one, CHANNELS[self.channel].many, other_than(self.channel).name
        if len(flow.channels) < 2:
            self._report(f"`{name}` is a verb of {other}, and this flow answers {many}", span)
            return
        title = f"`{name}` is a verb of {other}, and a {one} may come here too"
        example = f"put it behind a condition:\n- branch:\n    - when: channel == '{other}'\n      to: [{{{name}: …}}]"
        if name.startswith("<"):
            example = f"a branch  when: channel == '{other}'  can lead to it"
        self._report(title, span, example)

    def _turn_away(self, flow: Flow, aim: Flow, span: Span) -> None:
        one, many, served = CHANNELS[self.channel].one, CHANNELS[self.channel].many, CHANNELS[aim.channel].many
        title = f"`{shortened(aim.name)}` answers {served}, and this flow answers {many}"
        if len(flow.channels) > 1:
            title = f"`{shortened(aim.name)}` answers {served} alone, and a {one} may come here"
        self._report(title, span, f"in {shortened(aim.name)}.yaml may stand  channel: [voice, messaging]")

    def _report(self, title: str, span: Span, *helps: str) -> None:
        place = (span.source.path, span.start)
        if place not in self.told and not self.report.full:
            self.told.add(place)
            self.report.error("F205", title, span, helps=helps)


def _verdicts(branch: Branch, channel: str) -> Iterator[tuple[Exit, bool | None]]:
    """Each exit of a branch instruction, and whether it is taken when it is come to; None where nobody can say."""
    known = branch.on is not None and asks_channel(branch.on)
    for exit_ in branch.exits:
        if "else" in exit_.names:
            yield exit_, True
        elif exit_.when is not None:
            yield exit_, holds(exit_.when, channel)
        elif known:
            yield exit_, any(_takes(key.kind, key.text, channel) for key in exit_.keys)
        else:
            yield exit_, None


def _takes(kind: str, text: str, channel: str) -> bool:
    return Pattern(text).takes(channel) if kind == "pattern" else text.casefold() == channel
