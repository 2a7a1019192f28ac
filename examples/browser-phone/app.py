"""A page with a telephone: it calls a flow, and rings when a flow dials its client.

Needs `twilio.min.js` of Twilio's Voice SDK beside it, once:

    npm pack @twilio/voice-sdk && tar -xzf twilio-voice-sdk-*.tgz --strip-components=2 package/dist/twilio.min.js

and then, with the address of a Touchtone server and a key for its API (`touchtone key browser-phone`):

    TOUCHTONE_URL=https://example.com TOUCHTONE_API_KEY=… uvicorn app:app --port 8020
"""

import os
from pathlib import Path

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

HERE = Path(__file__).parent
IDENTITY, FLOW = "desk", "clinic"  # who the page is, and where its calls go


async def token(request: Request) -> Response:
    """A token for the page, good for an hour.

    Whoever gets one can call at your expense: ask for a login here before you put this on the internet.
    """
    async with httpx2.AsyncClient(timeout=10) as client:
        answer = await client.post(
            f"{os.environ['TOUCHTONE_URL']}/api/token",
            headers={"Authorization": f"Bearer {os.environ['TOUCHTONE_API_KEY']}"},
            json={"identity": IDENTITY, "flow": FLOW},
        )
    return Response(answer.content, answer.status_code, media_type=answer.headers["content-type"])


def page(name: str) -> Route:
    """A file of this folder; `index.html` is the page itself."""
    return Route("/" if name == "index.html" else f"/{name}", lambda _: FileResponse(HERE / name))


app = Starlette(
    routes=[page("index.html"), page("phone.js"), page("twilio.min.js"), Route("/token", token, methods=["POST"])]
)
