"""Answers the addresses of flows: a request of Twilio becomes a turn, and the reply to it is sent."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from engine.runtime.cut_off import CARRIED
from engine.runtime.request import Reply, Request
from engine.runtime.stores.contract import StoreError
from engine.server.address import Address, local_path
from engine.server.admission import Admission
from engine.server.body import Bodies, read_json
from engine.server.fallback import meant_request, rebased
from engine.server.form import Form, read_form
from engine.server.pages import NO_STORE, PlainRoute, Rejected, send_page
from engine.server.places import FOLDER, carried, read_place, read_query, without_twilios
from engine.server.prefix import WHOLE
from engine.server.probe import PLACE, Probe
from engine.server.settings import Settings

Answer = Callable[[Request], Reply | Awaitable[Reply]]

_FORM = b"application/x-www-form-urlencoded"
_JSON = b"application/json"
_FOUND: tuple[Match, Scope] = (Match.FULL, {})
_NOT_FOUND: tuple[Match, Scope] = (Match.NONE, {})
_TWIML = Reply(b"").media_type
_TWIML_HEADER = (b"content-type", _TWIML.encode("ascii"))

# What is heard when all else failed; Twilio's own words would be "an application error has occurred".
_SPOKEN_APOLOGY = Reply(
    b'<?xml version="1.0" encoding="UTF-8"?><Response>'
    b"<Say>We are sorry, something went wrong. Please call again later.</Say><Hangup/></Response>"
)
_WRITTEN_APOLOGY = Reply(
    b'<?xml version="1.0" encoding="UTF-8"?><Response>'
    b"<Message>We are sorry, something went wrong. Please write again later.</Message></Response>"
)

log = logging.getLogger("touchtone.server")


class FlowRoute(PlainRoute):
    """Everything below `/flows/`: `/flows/{flow}` and `/flows/{flow}/{step}`, with or without a slash at the end.

    One route without a pattern serves all flows; what the path names is read where the request is answered.
    """

    path = "/flows/{flow}/{step}"

    def __init__(self, answer: Answer, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._answer = answer
        self._clock = clock
        self._address = Address(settings.public_url)
        self._bodies = Bodies(settings.body_limit)
        self._admission = Admission(settings)
        self._probe = Probe(settings, clock)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return _NOT_FOUND
        return _FOUND if local_path(scope).startswith(FOLDER) else _NOT_FOUND

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request: with TwiML whatever `answer` does, with a plain page what Twilio would not have sent.

        HEAD tells that there is an answer, and plays no turn: that would move the call on.
        """
        method = scope["method"]
        if method not in ("POST", "GET", "HEAD"):
            return await send_page(scope, send, 405, "Method not allowed", allow="GET, HEAD, POST")
        if scope["path"].endswith(PLACE) and self._probe.admits(scope):
            return await self._probe.answer(scope, receive, send)
        try:
            request = await self._request(scope, receive)
        except Rejected as rejected:
            return await send_page(scope, send, rejected.status, rejected.text)
        except ClientDisconnect:
            return
        if method == "HEAD":
            await send({"type": "http.response.start", "status": 200, "headers": [_TWIML_HEADER, NO_STORE]})
            return await send({"type": "http.response.body", "body": b""})
        base = request.base
        if "ErrorUrl" in request.params:
            request = meant_request(request)
        try:
            reply = self._answer(request)
            if not isinstance(reply, Reply):
                reply = await reply
        except Exception as fault:
            # Of a store its own sentence says it all: there may be one for each request.
            trace = None if isinstance(fault, StoreError) else fault
            place = f"{request.flow}/{request.step}"
            log.error("the answer to %r failed; the caller heard an apology: %s", place, fault, exc_info=trace)
            reply = _WRITTEN_APOLOGY if "MessageSid" in request.params else _SPOKEN_APOLOGY
        body = reply.body if request.base == base else rebased(reply.body, request.base, base)
        kind = _TWIML_HEADER if reply.media_type is _TWIML else (b"content-type", reply.media_type.encode("latin-1"))
        headers = [kind, (b"content-length", b"%d" % len(body)), NO_STORE]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _request(self, scope: Scope, receive: Receive) -> Request:
        """The turn that a request asks for; raises Rejected, or ClientDisconnect."""
        folder, origin, path = self._address.locate(scope)
        flow, step, base = read_place(path)
        headers: dict[bytes, bytes] = dict(scope["headers"])
        query: bytes = scope["query_string"]
        sent: Form | bytes = Form((), {})
        if scope["method"] == "POST":
            sent = await self._bodies.read(receive)
            self._admission.check_headers(scope, headers, origin + path)
            kind = headers.get(b"content-type", _FORM).partition(b";")[0].strip().lower()
            if kind == _FORM:
                sent = read_form(sent)
            elif kind != _JSON:
                raise Rejected(415, "The body must be a form or JSON")
        whole = scope.get(WHOLE)
        if whole is not None:
            other = self._address.locate(whole)[2]
            if not self._admission.is_signed(headers, origin + path, query, sent) and self._admission.is_signed(
                headers, origin + other, query, sent
            ):
                path = other
                flow, step, base = read_place(path)
        self._admission.check(scope, headers, origin + path, query, sent)
        params = sent.params() if isinstance(sent, Form) else read_json(sent)
        asked: dict[str, str] = {}
        entry: dict[str, str] = {}
        if query:
            asked, entry = read_query(query)
            if CARRIED in asked:
                params = {**carried(asked), **params}
            if entry:
                params = {**entry, **params}
                if scope["method"] != "POST":
                    entry = without_twilios(entry)
                elif not isinstance(sent, Form):
                    entry.pop("bodySHA256", None)
        token = headers.get(b"i-twilio-idempotency-token", b"").decode("latin-1")
        return Request(flow, step, self._clock(), params, asked, entry, base, token, folder)
