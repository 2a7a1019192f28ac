"""Rules about what callers can reach: L101 and L220 unreachable instructions, L102 lonely steps, L103 silent circles."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.source import Span
from engine.grammar.templates import Template
from engine.model.actions import leaves_by_action
from engine.model.flow import Flow
from engine.model.graph import TARGETS, Step
from engine.model.lint.course import ending, passes
from engine.model.lint.survey import Finding, Survey, has_exits, is_heard
from engine.model.parts import Block, Instruction, Markup, Redirect, Target, ToUrl, Verb
from engine.model.walk import closure

_WORD = re.compile(r"[a-z0-9_-]+")  # in verbatim TwiML: what may name a step


def unreachable(survey: Survey) -> Iterator[Finding]:
    """Instructions that no call can come to, because the one before never lets it on.

    PASS:
        steps:
          menu:
            - gather: {say: For sales press 1., branch: {1: sales}}
            - say: Nobody pressed anything.
          sales:
            - hangup

    FAIL:
        steps:
          menu:
            - say: Goodbye.
            - hangup
            - say: Are you still there?
    """
    for place in survey.blocks:
        instructions = place.block.instructions
        for before, after in pairwise(instructions):
            if not passes(survey.flow, before):
                if not _left_by_action(before):
                    yield Finding(
                        after.span,
                        "no caller can ever come here",
                        "unreachable",
                        also=(Label(before.span, ending(before)),),
                        helps=("move it up, or delete it",),
                    )
                break


def _left_by_action(instruction: Instruction) -> bool:
    return isinstance(instruction, Verb) and leaves_by_action(instruction)


def after_action(survey: Survey) -> Iterator[Finding]:
    """Instructions after a verb whose `action` Twilio always requests: it never returns to what follows.

    PASS:
        steps:
          menu:
            - record: {action: https://example.com/recorded}
            - say: I did not hear anything.

    FAIL:
        steps:
          menu:
            - dial: {number: "+15550100", action: https://example.com/dialed}
            - say: Nobody is there.
    """
    for place in survey.blocks:
        for before, after in pairwise(place.block.instructions):
            if isinstance(before, Verb) and leaves_by_action(before):
                name = before.piece.element.name
                yield Finding(
                    after.span,
                    f"nothing after a `{name}` with an `action` is reached",
                    "unreachable",
                    also=(Label(before.span, "Twilio requests its `action` next"),),
                    helps=("move it to where the action leads, or replace `action` with  branch: {else: []}",),
                )
                break
            if not passes(survey.flow, before):
                break


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the steps of a flow lead.

    `lost` are the steps that nothing in the flow leads to from its start, with the steps that each names, `onward` the steps of other
    flows that the rest names; `anywhere` tells of an address that a template puts together, which may name any step; `silent` are
    the steps that certainly go on to another before anything is heard, with the redirect that does it.
    """

    flow: Flow
    lost: Mapping[str, set[Step]]
    onward: frozenset[Step]
    anywhere: bool
    silent: Mapping[str, tuple[Step, Redirect]]
    names: Mapping[str, Span]  # where the names of the steps stand


def reach(survey: Survey) -> Reach:
    """Where the steps of a flow lead."""
    flow = survey.flow
    leads = _leads(survey)
    silent = {name: way for name, block in flow.steps.items() if (way := _silent_way(survey, name, block))}
    names = survey.names[flow.name]
    if leads is None:
        return Reach(flow, {}, frozenset(), True, silent, names)
    reached = set(closure(_doors(survey), lambda step: leads.get(step[1], ()) if step[0] == flow.name else ()))
    lost = {step: leads[step] for step in flow.steps if (flow.name, step) not in reached}
    return Reach(flow, lost, frozenset(step for step in reached if step[0] != flow.name), False, silent, names)


def lonely(whole: Mapping[str, Reach]) -> Iterator[Finding]:
    """Steps that nothing leads to: no target, no URL, no `on_error`, and not the start.

    A step may be meant to be entered by its address, from a console or an application; then silence the rule there.

    PASS:
        start: menu
        steps:
          screen:
            - say: A call for you.
          menu:
            - dial: {number: {phone_number: "+15550100", url: screen}}

    FAIL:
        steps:
          menu:
            - say: Hello.
          sales:
            - say: This is sales.
    """
    if any(each.anywhere for each in whole.values()):
        return
    apart = {(name, step): leads for name, each in whole.items() for step, leads in each.lost.items()}
    if not apart:
        return

    def leading(step: Step) -> set[Step]:
        return apart.get(step, set())  # what is not apart is reached from its flow's start, and so is what it leads to

    reached = set(closure({step for each in whole.values() for step in each.onward if step in apart}, leading))
    lost = [step for step in apart if step not in reached]
    # One finding for each group: what a lonely step leads to is not lonely for a reason of its own.
    led = {step for other in lost for step in apart[other] if step != other}
    first = [step for step in lost if step not in led]
    told = set(closure(first, leading))
    for each in lost:
        if each not in told:
            first.append(each)
            told |= set(closure([each], leading))
    for flow_name, step in first:
        flow = whole[flow_name].flow
        yield Finding(
            whole[flow_name].names[step],
            f"nothing leads to the step `{step}`",
            "no target names it",
            notes=(f"a call begins at `{flow.start}`",),
            helps=(f"lead to it, as  redirect: {step}", "or keep it with  # touchtone: ignore[L102]"),
        )


def _doors(survey: Survey) -> set[Step]:
    flow = survey.flow
    failing = survey.resolved(flow.start, flow.on_error) if flow.on_error is not None else None
    return {(flow.name, flow.start), *((failing,) if failing else ())}


def _leads(survey: Survey) -> dict[str, set[Step]] | None:
    """The steps that each step names; None where an address is put together by a template, which may name any."""
    flow, leads = survey.flow, dict[str, set[Step]]()
    if flow.on_error is not None and _leads_anywhere(flow.on_error):
        return None
    for name in flow.steps:
        edges = (edge for node in flow.graph.at(name) for edge in node.edges if edge.role in TARGETS)
        targets = [edge.goes for edge in edges if edge.goes is not None and not isinstance(edge.goes, Block)]
        if any(map(_leads_anywhere, targets)):
            return None
        found = leads[name] = {step for target in targets if (step := survey.resolved(name, target))}
        for instruction in flow.graph.instructions_at(name):
            if isinstance(instruction, Markup):
                text = instruction.text if isinstance(instruction.text, str) else instruction.text.text
                found.update((flow.name, word) for word in _WORD.findall(text) if word in flow.steps)
    return leads


def _leads_anywhere(target: Target) -> bool:
    return isinstance(target, ToUrl) and isinstance(target.url, Template) and "/" in target.url.text


def circle(whole: Mapping[str, Reach]) -> Iterator[Finding]:
    """Steps that lead to each other in a circle in which nobody hears anything and nothing waits.

    Such a call never comes to a word; the server stops it.

    PASS:
        steps:
          menu:
            - gather: {say: Press 1., branch: {1: menu}}
            - redirect: menu

    FAIL:
        steps:
          welcome:
            - redirect: menu
          menu:
            - log: again
            - redirect: welcome
    """
    follows = {(name, step): way for name, each in whole.items() for step, way in each.silent.items()}
    told: set[Step] = set()
    for start in follows:
        trail: dict[Step, int] = {}
        step = start
        while step in follows and step not in trail and step not in told:
            trail[step] = len(trail)
            step = follows[step][0]
        told.update(trail)
        if step in trail:
            round_trip = list(trail)[trail[step] :]
            spans = [follows[each][1].target.span for each in round_trip]
            names = " to ".join(f"`{name}`" for _, name in [*round_trip, round_trip[0]])
            yield Finding(
                spans[0],
                "this goes round in a circle without a word",
                "begins the circle",
                also=tuple(Label(span, "goes on round") for span in spans[1:]),
                notes=(f"the call goes from {names}",),
                helps=("lead one of them elsewhere, or ask the caller something",),
            )


def _silent_way(survey: Survey, name: str, block: Block) -> tuple[Step, Redirect] | None:
    """The step that this one certainly goes on to, and by which redirect, before anything is heard."""
    for instruction in block.instructions:
        if isinstance(instruction, Redirect):
            step = survey.resolved(name, instruction.target)
            return (step, instruction) if step else None
        if is_heard(instruction) or isinstance(instruction, Markup) or has_exits(instruction):
            return None
        if not passes(survey.flow, instruction):
            return None
    return None
