"""The menu of `flows/menu.yaml` as one writes it by hand: Starlette's form, and the classes of the `twilio` library."""

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Gather, VoiceResponse

from benchmarks.callers import PUBLIC_URL

VALIDATOR = RequestValidator(os.environ.get("TWILIO_AUTH_TOKEN", ""))


async def menu(request: Request) -> Response:
    """The same TwiML that the flow makes."""
    form = await request.form()
    url = f"{PUBLIC_URL}{request.url.path}"
    if not VALIDATOR.validate(url, form, request.headers.get("X-Twilio-Signature", "")):
        return Response(status_code=403)
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


app = Starlette(routes=[Route("/flows/menu", menu, methods=["POST"])])
