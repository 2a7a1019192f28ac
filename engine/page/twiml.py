"""Answers with the TwiML of a step: what a call hears that comes in there, with examples for what it does not know."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.model.flow import Flow
from engine.page.answers import Refused, json_answer
from engine.page.desk import PageDesk
from engine.phone.phone import ACCOUNT, CALLER, NUMBER
from engine.phone.scripts.stubs import Ask
from engine.program.program import Program
from engine.runtime.document import LARGEST
from engine.runtime.effects.effect import Effect, Result
from engine.runtime.effects.secrets import Secrets
from engine.runtime.trial import show, try_address
from engine.simulation.house import with_first_values
from engine.testing.answers import Answers
from engine.testing.world import result_of

ASKED = 20  # times that the world is asked for one document
NEAR = 0.75  # of what Twilio takes: from here on the page says so


def routes(desk: PageDesk) -> list[Route]:
    """The addresses of this part."""

    async def twiml(request: Request) -> Response:
        flow, step = desk.flow(request.path_params["flow"]), request.path_params["step"]
        if step not in flow.steps:
            raise Refused(404, f"“{flow.name}” has no step named “{step[:100]}”.")
        program, at = desk.program, desk.now()
        return json_answer(await asyncio.to_thread(lambda: document(program, flow, step, at)))

    return [Route("/api/flows/{flow}/steps/{step}/twiml", twiml)]


def document(program: Program, flow: Flow, step: str, at: datetime) -> dict[str, Any]:
    """The document of a step at its entry, its size, and what is to be said of it."""
    mask = Secrets(program.env.values()).mask
    answers, asked = Answers(program.flows.values()), 0

    def perform(effect: Effect) -> Result | None:
        nonlocal asked
        asked += 1
        if asked > ASKED:
            return None
        return result_of(Ask(effect.spec.name, effect.line, effect.line), answers.of(effect)[0])

    given = with_first_values(program, flow.name, dict.fromkeys(flow.required, "1"))
    outcome = try_address(given, f"{flow.name}/{step}", _params(flow), at, perform)
    if isinstance(outcome, str):
        raise Refused(404, outcome)
    if outcome.needs is not None:
        raise Refused(409, f"`{step}` makes more than {ASKED} external calls before it answers.")
    size = len(outcome.body)
    trouble = outcome.trouble.message if outcome.trouble is not None else ""
    return {
        "twiml": mask(show(outcome.body)),
        "size": size,
        "limit": LARGEST,
        "warning": mask(f"With example values this step fails: {trouble}." if trouble else _large(size)),
        "examples": bool(asked or flow.required),
    }


def _large(size: int) -> str:
    if size < NEAR * LARGEST:
        return ""
    return f"{size / 1024:.0f} KB of the {LARGEST / 1024:.0f} KB that Twilio accepts."


def _params(flow: Flow) -> Mapping[str, str]:
    """What Twilio sends with a first request."""
    numbers = {"AccountSid": ACCOUNT, "From": CALLER, "To": NUMBER}
    if flow.channel == "messaging":
        return {"MessageSid": f"SM{0:032x}", "Body": "hello", "NumMedia": "0", "Direction": "outbound-api", **numbers}
    return {"CallSid": f"CA{0:032x}", "CallStatus": "ringing", "Direction": "inbound", **numbers}
