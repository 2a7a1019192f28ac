"""The menu of `flows/menu.yaml` as one writes it by hand: Starlette's form, and the classes of the `twilio` library.

At `/flows/menu` it remembers nothing; at `/flows/remembers` it keeps a session in SQLite, a row read and written in each turn.
"""

import json
import os
import sqlite3

from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Gather, VoiceResponse

from benchmarks.callers import PUBLIC_URL

VALIDATOR = RequestValidator(os.environ.get("TWILIO_AUTH_TOKEN", ""))
SESSIONS = sqlite3.connect(os.environ.get("BENCH_SESSIONS", ":memory:"), isolation_level=None)
SESSIONS.execute("PRAGMA journal_mode = WAL")
SESSIONS.execute("PRAGMA synchronous = NORMAL")
SESSIONS.execute("CREATE TABLE IF NOT EXISTS sessions (call TEXT PRIMARY KEY, session TEXT NOT NULL) WITHOUT ROWID")


async def menu(request: Request) -> Response:
    """The same TwiML that the flow makes."""
    form = await _signed_form(request)
    return Response(status_code=403) if form is None else _menu()


async def remembers(request: Request) -> Response:
    """That menu, and how many turns the call had."""
    form = await _signed_form(request)
    if form is None:
        return Response(status_code=403)
    call = form["CallSid"]
    row = SESSIONS.execute("SELECT session FROM sessions WHERE call = ?", (call,)).fetchone()
    session = json.loads(row[0]) if row else {"turns": 0}
    session["turns"] += 1
    SESSIONS.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?)", (call, json.dumps(session)))
    return _menu()


async def _signed_form(request: Request) -> FormData | None:
    """What Twilio sent; None if it was not Twilio."""
    form = await request.form()
    url = f"{PUBLIC_URL}{request.url.path}"
    return form if VALIDATOR.validate(url, form, request.headers.get("X-Twilio-Signature", "")) else None


def _menu() -> Response:
    voice = VoiceResponse()
    gather = Gather(
        action="menu/menu?_a=0",
        input="dtmf speech",
        hints="appointments,billing,message",
        timeout=6,
        num_digits=1,
    )
    gather.say(
        "For appointments, press 1. For billing, press 2. To leave a message, press 3. To hear this again, press star."
    )
    voice.append(gather)
    voice.dial(number="+15550100", timeout=20)
    return Response(str(voice), media_type="text/xml")


app = Starlette(
    routes=[Route("/flows/menu", menu, methods=["POST"]), Route("/flows/remembers", remembers, methods=["POST"])]
)
