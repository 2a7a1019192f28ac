"""Tries one address without a server: what Twilio would be answered."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from engine.diagnostics.suggest import nearest
from engine.program.program import Program
from engine.runtime.effects.claim import Claim
from engine.runtime.effects.effect import Effect, Result
from engine.runtime.outcome import Outcome
from engine.runtime.request import Request
from engine.runtime.respond import respond, respond_in_session


def try_address(
    program: Program,
    address: str,
    params: Mapping[str, str],
    at: datetime,
    perform: Callable[[Effect], Result | None] = lambda effect: None,
) -> Outcome | str:
    """What comes of asking for `flow`, `flow/step` or either with a query; a sentence if there is no such step.

    `perform` gives what comes back from outside; where it gives None the outcome `needs` that.
    """
    path, _, query = address.removeprefix("/flows/").partition("?")
    flow, _, step = path.strip("/").partition("/")
    if flow not in program.flows:
        if missing := program.lacks(flow):
            return missing
        close = nearest(flow, program.flows)
        return f"there is no flow named `{flow}`" + (f"; did you mean `{close}`?" if close else "")
    if program.tracks(flow, step) is None:
        close = nearest(step, program.flows[flow].steps)
        return f"there is no step named `{step}` in `{flow}`" + (f"; did you mean `{close}`?" if close else "")
    asked = {name: value for name, value in parse_qsl(query) if name.startswith("_")}
    entry = {name: value for name, value in parse_qsl(query, keep_blank_values=True) if not name.startswith("_")}
    request = Request(flow, step, at, {**entry, **params}, asked, entry, base="../" if step else "")
    if program.flows[flow].keeps:
        claim = Claim("trial")
        outcome, session = respond_in_session(program, request, None, claim=claim)
        while outcome.needs is not None and (result := perform(outcome.needs.effect)) is not None:
            claim = claim.with_result(outcome.needs.place, result)
            outcome, session = respond_in_session(program, request, session, claim=claim)
        return outcome
    return respond(program, request)


def flow_of(address: str) -> str:
    """The name of the flow in an address below the folder of flows."""
    return address.removeprefix("/flows/").partition("?")[0].strip("/").partition("/")[0]


def show(body: bytes) -> str:
    """TwiML with each element on a line of its own, for people."""
    root = ElementTree.fromstring(body.decode())
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode")
