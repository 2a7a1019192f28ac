"""The telephone: rings numbers, writes messages, over any transport."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urljoin

from engine.phone.call import PhoneCall
from engine.phone.conversation import Conversation
from engine.phone.course import Answers
from engine.phone.leg import Leg
from engine.phone.line import Go, Line
from engine.phone.party import Party
from engine.phone.tape import Sids, Tape
from engine.phone.transport import Transport
from engine.phone.verbs import VERBS

ACCOUNT = "AC" + "0" * 31 + "1"
CALLER = "+15550001111"
NUMBER = "+15550002222"
STARTED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Phone:
    """A telephone at the end of Twilio's line: it knows nothing of the server but the TwiML it is sent.

    `base` completes addresses such as `/flows/clinic`; `token` signs the requests (unsigned without one); `seed` keeps
    the sids of phones apart that ring the same server; `started` is the time that reports carry; `answers` are outcomes
    given in advance, by verb: `{"dial": "busy", "record": "12"}`, or several one after another (see PhoneCall.settle).
    """

    def __init__(
        self,
        transport: Transport,
        *,
        base: str = "",
        token: str = "",
        account: str = ACCOUNT,
        seed: int = 0,
        started: datetime = STARTED,
        answers: Answers | None = None,
    ) -> None:
        self._transport, self._base, self._token = transport, base, token
        self._account, self._sids, self._started = account, Sids(seed), started
        self._answers = dict(answers or {})

    def ring(
        self,
        url: str,
        from_: str = CALLER,
        to: str = NUMBER,
        *,
        method: str = "POST",
        direction: str = "inbound",
        params: Mapping[str, str] | None = None,
        fallback_url: str = "",
        status_callback: str = "",
        answers: Answers | None = None,
    ) -> PhoneCall:
        """Calls, and plays until the caller must act.

        `url` is what the number is configured with; `params` go along with every request (CallerName, FromCity, …);
        `direction` outbound-api is a call made through the API: answered already (unverified: with its first request),
        `from_` our number and `to` the person; `fallback_url` is asked when a document fails; `status_callback` is told
        of the end.
        """
        call, go = self.placed(
            url,
            from_,
            to,
            method=method,
            direction=direction,
            params=params,
            fallback_url=fallback_url,
            status_callback=status_callback,
            answers=answers,
        )
        call.begin(go)
        return call

    def placed(
        self,
        url: str,
        from_: str = CALLER,
        to: str = NUMBER,
        *,
        method: str = "POST",
        direction: str = "inbound",
        params: Mapping[str, str] | None = None,
        fallback_url: str = "",
        status_callback: str = "",
        answers: Answers | None = None,
    ) -> tuple[PhoneCall, Go]:
        """The call of `ring` before it begins, and the way to its first document."""
        tape = Tape(self._started)
        party = Party(
            sid=self._sids.next("CA"),
            account=self._account,
            from_=from_,
            to=to,
            direction=direction,
            status="ringing" if direction == "inbound" else "in-progress",
            extra=tuple((params or {}).items()),
        )
        line = Line(self._transport, self._token, tape, party.sid)
        fallback = Go(self._full(fallback_url)) if fallback_url else None
        leg = Leg(party, line, self._sids, VERBS, fallback=fallback)
        if status_callback:
            leg.closing.append(
                lambda: line.callback(
                    self._full(status_callback), "POST", (*party.params(), ("CallDuration", str(int(tape.now))))
                )
            )
        call = PhoneCall(leg, tape, {**self._answers, **(answers or {})})
        return call, Go(self._full(url), method.upper())

    def write(
        self,
        url: str,
        from_: str = CALLER,
        to: str = NUMBER,
        *,
        method: str = "POST",
        params: Mapping[str, str] | None = None,
        fallback_url: str = "",
    ) -> Conversation:
        """A conversation by text message with a number configured with `url`; nothing is sent yet."""
        return Conversation(
            self._transport,
            self._token,
            self._sids,
            Tape(self._started),
            Go(self._full(url), method.upper(), tuple((params or {}).items())),
            account=self._account,
            from_=from_,
            to=to,
            fallback=Go(self._full(fallback_url)) if fallback_url else None,
        )

    def _full(self, url: str) -> str:
        return urljoin(self._base, url) if self._base else url
