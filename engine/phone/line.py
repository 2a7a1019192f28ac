"""The line to the server: asks for documents, posts callbacks, keeps cookies, signs, follows redirects."""

import base64
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit

from engine.grammar.vocabulary import ChannelName
from engine.phone import codes
from engine.phone.cookies import Jar
from engine.phone.document import Document, Trouble, read_answer, read_twiml
from engine.phone.events import Lost, Requested, Warned
from engine.phone.party import Party
from engine.phone.signing import signature
from engine.phone.tape import Passed, Side, Tape
from engine.phone.transport import (
    FORM,
    Pairs,
    Request,
    Response,
    Transport,
    Unreachable,
    address_fault,
    ascii_url,
    encode,
    is_private,
)

REDIRECTS = 10  # Twilio, error 11215
ANSWERS = ("Digits", "SpeechResult", "RecordingUrl", "Body")  # what is missed most when a redirect drops it


@dataclass(frozen=True, slots=True)
class Go:
    """The way to another document: an absolute address, the method, and what goes along besides the standard parameters.

    `twiml` is the document itself, given through the API: it has no address, so those in it must be absolute.
    """

    url: str
    method: str = "POST"
    params: Pairs = ()
    twiml: str = ""


class Kept(NamedTuple):
    """A recording that was made: of which call, its seconds, and Twilio's name for what made it."""

    sid: str
    call: str
    seconds: int
    source: str
    channels: int = 1


class Line:
    """The connection of one call to its server; every request is told to the tape.

    `token` signs (unsigned without one); `sid` begins the idempotency tokens; `channel` is what answers are read as.
    """

    def __init__(self, transport: Transport, token: str, tape: Tape, sid: str, channel: ChannelName = "voice") -> None:
        self._transport, self._token, self.tape, self._sid = transport, token, tape, sid
        self._channel: ChannelName = channel
        self.jar = Jar()
        self.round_trips = 0
        self._requests = 0
        self._pending: list[tuple[float, Callable[[], None]]] = []  # reports, and from when on they are posted
        self._fetched: set[str] = set()
        self.keepers: list[Callable[[Kept], None]] = []  # told of each recording that is made
        self.watchers: list[
            Callable[[Party, str, int], None]
        ] = []  # told of those who are dialled: leg, event, seconds
        self.api = "https://api.twilio.com"  # where recordings are kept
        self._at_home: bool | None = None  # whether the first address was a private one: only such lead to others

    @property
    def token(self) -> str:
        """The idempotency token of the latest request."""
        return f"{self._sid}-{self._requests}"

    def keep(self, recording: Kept) -> None:
        """A recording was made."""
        for keeper in self.keepers:
            keeper(recording)

    def come(self, token: str, elements: int, side: Side, *, heard: bool = True) -> None:
        """Notes how far the answer to a request has come (see `Passed`)."""
        self.tape.passed.append(Passed(token, elements, side, heard, len(self.tape.moments)))

    def document(self, go: Go, standard: Pairs, side: Side) -> tuple[Document, str]:
        """The document at an address, and the address it has in the end. Raises Trouble."""
        if go.twiml:
            document, url = read_twiml(go.twiml.encode(errors="replace"), self._channel), ""
            self._remark(document, side)
            return document, url
        answer, url = self._ask(go, standard, side, "document")
        if not 200 <= answer.status < 300:
            raise Trouble(11200, _refused(go, url, answer.status))
        document = read_answer(answer, self._channel)
        self._remark(document, side)
        return document, url

    def _remark(self, document: Document, side: Side) -> None:
        for warning in document.warnings:
            self.tape.tell(Warned(*warning, error=warning.code in codes.ERRORS), side)

    @staticmethod
    def full(here: str, written: str) -> str:
        """A written address as an absolute one, or as it is where it cannot be one; nothing written is the current document."""
        try:
            return urljoin(here, written.strip()) if written.strip() else here
        except ValueError:  # `http://[`: what is wrong with it is told when it is asked for
            return written.strip()

    def notice(self, go: Go, standard: Pairs, side: Side) -> None:
        """Requests an address whose answer nobody hears: the call is over."""
        try:
            answer, url = self._ask(go, standard, side, "document")
        except Trouble as trouble:
            self.tape.tell(Warned(trouble.code, trouble.text, error=True), side)
        else:
            if not 200 <= answer.status < 300:
                self.tape.tell(Warned(11200, _refused(go, url, answer.status), error=True), side)
            self.come(self.token, 0, side, heard=False)

    def callback(self, url: str, method: str, params: Pairs, side: Side = "caller") -> None:
        """Posts a report; whatever comes back is ignored (Twilio, warning 15003, where it is an error)."""
        try:
            answer, _ = self._ask(Go(url, method, params), (), side, "callback")
        except Trouble as trouble:
            self.tape.tell(Warned(trouble.code, trouble.text), side)
        else:
            if answer.status >= 300:
                self.tape.tell(Warned(15003, f"the callback {url} was answered with {answer.status}"), side)
            self.come(self.token, 0, side, heard=False)

    def report(self, reports: Iterable[tuple[str, Pairs]], side: Side = "caller") -> None:
        """Posts later what becomes of what a server did, each report to its address."""
        for url, facts in reports:
            self.later(partial(self.callback, url, "POST", facts, side))

    def later(self, report: Callable[[], None], seconds: float = 0.0) -> None:
        """Posts a report after the document that is under way, and not before so many seconds have passed in the call.

        Twilio posts what it has to work on first (a recording, its transcription) beside the call, which goes on meanwhile.
        """
        self._pending.append((self.tape.now + seconds, report))

    def next_due(self) -> float:
        """When the next report is due; infinity if there is none."""
        return min((at for at, _ in self._pending), default=math.inf)

    def post_due(self, until: float = math.inf) -> None:
        """Posts the reports that are due by then, in that order; by default all of them, as at the end of a call."""
        due = sorted((one for one in self._pending if one[0] <= until), key=lambda one: one[0])
        self._pending = [one for one in self._pending if one[0] > until]
        for _, report in due:
            report()

    def sound(self, url: str, here: str, side: Side) -> None:
        """Fetches a sound of the same server once, without the standard parameters (Twilio, TwiML <Play>).

        Unverified: whether such requests are signed; here they are.
        """
        if fault := address_fault(url):
            self.tape.tell(Warned(11100, f"`{url}` is no address: {fault}"), side)
            return
        if urlsplit(url)[:2] != urlsplit(here)[:2] or url in self._fetched:
            return
        self._fetched.add(url)
        try:
            answer, _ = self._ask(Go(url, "GET"), (), side, "media")
        except Trouble as trouble:
            self.tape.tell(Warned(trouble.code, trouble.text), side)
            return
        media = answer.header("content-type")
        if not 200 <= answer.status < 300:
            self.tape.tell(Warned(11200, f"the sound {url} was answered with {answer.status}"), side)
        elif not media.startswith("audio/"):
            self.tape.tell(Warned(13420, f"the sound {url} has the content type `{media}`"), side)

    def _ask(self, go: Go, standard: Pairs, side: Side, kind: str) -> tuple[Response, str]:
        """The answer after redirects, and the address that gave it."""
        url, method, params = go.url, go.method, (*standard, *go.params)
        for _ in range(REDIRECTS + 1):
            fault = address_fault(url)
            if fault:
                raise Trouble(11100, f"`{url}` is no address: {fault}")
            url = ascii_url(url)
            answer = self._send(url, method, params, side, kind)
            self.jar.keep(url, answer)
            if not 300 <= answer.status < 400 or answer.status == 304:
                return answer, url
            place = answer.header("location")
            if not place:
                raise Trouble(11216, f"{url} was answered with {answer.status} and no Location")
            if method == "POST":
                for name, value in params:
                    if name in ANSWERS and value:
                        why = f"the server redirects {url}, and Twilio follows a redirect with GET and nothing else"
                        self.tape.tell(Lost(value, why), side)
            # Unverified: what relative addresses start from after a redirect; here it is where the redirect led.
            url = self.full(url, place)
            method, params = "GET", ()
            kind = "redirect" if kind == "document" else kind
        raise Trouble(11215, f"{go.url} redirects more than {REDIRECTS} times")

    def _send(self, url: str, method: str, params: Pairs, side: Side, kind: str) -> Response:
        """One request over the transport; one more with the password in the address, if the server asks for it."""
        url, _ = urldefrag(url)
        parts = urlsplit(url)
        user = ""
        if "@" in parts.netloc:
            user, _, host = parts.netloc.rpartition("@")
            url = urlunsplit(parts._replace(netloc=host))
        asked = url
        if method == "GET" and params:
            asked += ("&" if parts.query else "?") + encode(params)
        self._requests += 1
        headers = [("User-Agent", "TwilioProxy/1.1"), ("Accept", "*/*")]
        headers.append(("I-Twilio-Idempotency-Token", self.token))
        body = params if method == "POST" else ()
        if method == "POST":
            headers.append(("Content-Type", FORM))
        if self._token:
            headers.append(("X-Twilio-Signature", signature(self._token, asked, body)))
        cookies = self.jar.header(url)
        if cookies:
            headers.append(("Cookie", cookies))
        private = is_private(parts.hostname or "")
        self._at_home = private if self._at_home is None else self._at_home
        try:
            if private and not self._at_home:
                # Twilio, error 11205: "URLs that reference private IP addresses or localhost". A server elsewhere must
                # not lead the telephone to what only this machine can reach either.
                raise Unreachable(11205, f"{url} is a private address: Twilio cannot reach it")
            answer = self._transport(Request(method, asked, body, tuple(headers)))
            if answer.status == 401 and user:
                # Twilio, "Webhooks security": the first request comes without the password
                secret = base64.b64encode(unquote(user).encode()).decode("ascii")
                signed = (*headers, ("Authorization", f"Basic {secret}"))
                answer = self._transport(Request(method, asked, body, signed))
        except Unreachable as fault:
            self.tape.tell(Requested(method, url, params, 0, kind), side)
            raise Trouble(fault.code, fault.text) from fault
        self.tape.tell(Requested(method, url, params, answer.status, kind), side)
        for reached in answer.reached:
            self.tape.tell(reached, side)
        self.report(answer.reports, side)
        if kind in ("document", "redirect"):
            self.round_trips += 1
        return answer


def _refused(go: Go, url: str, status: int) -> str:
    """What a server answers that gives no document: `url` is where its redirects led."""
    if url == ascii_url(go.url):
        return f"{go.method} {go.url} was answered with {status}"
    return f"{go.method} {go.url} redirects to {url}, which answers with {status}"
