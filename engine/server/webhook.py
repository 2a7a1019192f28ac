"""Answers the addresses of flows: a request of Twilio becomes a turn, and the reply to it is sent."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from time import monotonic
from urllib.parse import quote

from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from engine.runtime.cut_off import CARRIED, ask_again
from engine.runtime.stores.contract import StoreError
from engine.runtime.turn import Reply, Turn
from engine.server.address import Address, local_path
from engine.server.body import Bodies, read_json
from engine.server.fallback import meant_turn, rebased
from engine.server.form import Form, read_form
from engine.server.pages import NO_STORE, PlainRoute, Rejected, send_page
from engine.server.places import FOLDER, carried, read_place, read_query
from engine.server.settings import Settings
from engine.server.signature import Judge, Refusal
from engine.server.sparing import Sparing

Answer = Callable[[Turn], Reply | Awaitable[Reply]]

_FORM = b"application/x-www-form-urlencoded"
_JSON = b"application/json"
_SIGNATURE = b"x-twilio-signature"
_SIGNATURE_SETTINGS = b"x-twilio-webhooks-signature-settings"
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
        self._refusals = Sparing(log, monotonic)
        self._judge = None if settings.unsigned else Judge(settings.tokens, settings.shared_keys)

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
        try:
            turn = await self._turn(scope, receive)
        except Rejected as rejected:
            return await send_page(scope, send, rejected.status, rejected.text)
        except ClientDisconnect:
            return
        if method == "HEAD":
            await send({"type": "http.response.start", "status": 200, "headers": [_TWIML_HEADER, NO_STORE]})
            return await send({"type": "http.response.body", "body": b""})
        base = turn.base
        if "ErrorUrl" in turn.params:
            turn = meant_turn(turn)
        try:
            reply = self._answer(turn)
            if not isinstance(reply, Reply):
                reply = await reply
        except asyncio.CancelledError:
            # The server has waited long enough: it stops.
            log.warning(
                "the answer to '%s/%s' was cut off; Twilio is told to ask again", quote(turn.flow), quote(turn.step)
            )
            reply = Reply(ask_again(turn))
        except Exception as fault:
            # Of a store its own sentence says it all: there may be one for each request.
            trace = None if isinstance(fault, StoreError) else fault
            place = f"{turn.flow}/{turn.step}"
            log.error("the answer to %r failed; the caller heard an apology: %s", place, fault, exc_info=trace)
            reply = _WRITTEN_APOLOGY if "MessageSid" in turn.params else _SPOKEN_APOLOGY
        body = reply.body if turn.base == base else rebased(reply.body, turn.base, base)
        kind = _TWIML_HEADER if reply.media_type is _TWIML else (b"content-type", reply.media_type.encode("latin-1"))
        headers = [kind, (b"content-length", b"%d" % len(body)), NO_STORE]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _turn(self, scope: Scope, receive: Receive) -> Turn:
        """The turn that a request asks for; raises Rejected, or ClientDisconnect."""
        folder, origin, path = self._address.locate(scope)
        flow, step, base = read_place(path)
        headers: dict[bytes, bytes] = dict(scope["headers"])
        query: bytes = scope["query_string"]
        sent: Form | bytes = Form((), {})
        if scope["method"] == "POST":
            sent = await self._bodies.read(receive)
            if self._judge is not None:
                self._check_headers(scope, headers, origin + path)
            kind = headers.get(b"content-type", _FORM).partition(b";")[0].strip().lower()
            if kind == _FORM:
                sent = read_form(sent)
            elif kind != _JSON:
                raise Rejected(415, "The body must be a form or JSON")
        if self._judge is not None:
            self._check_signature(scope, headers, origin + path, query, sent)
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
                    # The parameters of a GET stand in its query; Twilio's own begin with a capital letter.
                    entry = {name: value for name, value in entry.items() if not name[:1].isupper() or "[" in name}
                elif not isinstance(sent, Form):
                    entry.pop("bodySHA256", None)
        token = headers.get(b"i-twilio-idempotency-token", b"").decode("latin-1")
        return Turn(flow, step, self._clock(), params, asked, entry, base, token, folder)

    def _check_signature(
        self, scope: Scope, headers: Mapping[bytes, bytes], address: str, query: bytes, sent: Form | bytes
    ) -> None:
        """Raises Rejected (403) if Twilio did not sign the request, and logs why."""
        assert self._judge is not None, "signatures are checked only where there is a judge"
        url = f"{address}?{query.decode('latin-1')}" if query else address
        signature = headers.get(_SIGNATURE, b"")
        refusal = self._judge.refusal(url, sent, signature, headers.get(_SIGNATURE_SETTINGS, b""))
        if len(headers) != len(scope["headers"]):
            names = [name for name, _ in scope["headers"]]
            if names.count(_SIGNATURE) > 1 or names.count(_SIGNATURE_SETTINGS) > 1:
                refusal = Refusal.REPEATED
        if refusal is not None:
            raise self._refused(scope, address, refusal)

    def _check_headers(self, scope: Scope, headers: Mapping[bytes, bytes], address: str) -> None:
        """Raises Rejected (403) where the headers alone say that Twilio did not sign: then no field of the body is read."""
        assert self._judge is not None, "signatures are checked only where there is a judge"
        found = self._judge.secrets(headers.get(_SIGNATURE, b""), headers.get(_SIGNATURE_SETTINGS, b""))
        if isinstance(found, Refusal):
            raise self._refused(scope, address, found)

    def _refused(self, scope: Scope, address: str, refusal: Refusal) -> Rejected:
        """The rejection of a request that Twilio did not sign; the log says why, without the query, which may tell who called."""
        self._refusals.warning("refused a %s of %r: %s", scope["method"], address[:300], refusal)
        return Rejected(403, "This request was not signed by Twilio")
