"""A page with a telephone: it calls the flow `clinic`, and rings when a flow dials the client `desk`.

It needs `twilio.min.js` of Twilio's Voice SDK in `page/`, once:

    npm pack @twilio/voice-sdk && tar -xzf twilio-voice-sdk-*.tgz --strip-components=2 -C page package/dist/twilio.min.js

and the address of a Touchtone server, with a key for its API (`touchtone key browser-phone`):

    TOUCHTONE_URL=https://example.com TOUCHTONE_API_KEY=… uvicorn app:app --port 8020
"""

import os
from pathlib import Path

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles


async def token(request: Request) -> Response:
    """An access token for the page, good for an hour.

    Anyone who gets one can call at your expense: ask for a login here before you put this on the internet.
    """
    async with httpx2.AsyncClient(timeout=10) as client:
        answer = await client.post(
            f"{os.environ['TOUCHTONE_URL']}/api/token",
            headers={"Authorization": f"Bearer {os.environ['TOUCHTONE_API_KEY']}"},
            json={"identity": "desk", "flow": "clinic"},
        )
    return Response(answer.content, answer.status_code, media_type=answer.headers["content-type"])


page = StaticFiles(directory=Path(__file__).parent / "page", html=True)
app = Starlette(routes=[Route("/token", token, methods=["POST"]), Mount("/", page)])
