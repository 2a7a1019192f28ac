"""Who is on a leg of a call: the parameters that go along with every request."""

from dataclasses import dataclass

from engine.phone.transport import Pairs

API_VERSION = "2010-04-01"


@dataclass(slots=True)
class Party:
    """Who is on a leg: what Twilio's standard parameters say (Twilio, TwiML, "Request parameters")."""

    sid: str
    account: str
    from_: str
    to: str
    direction: str = "inbound"
    status: str = "ringing"
    parent: str = ""
    extra: Pairs = ()

    def params(self, status: str = "") -> Pairs:
        parent = (("ParentCallSid", self.parent),) if self.parent else ()
        return (
            ("CallSid", self.sid),
            ("AccountSid", self.account),
            ("From", self.from_),
            ("To", self.to),
            ("Caller", self.from_),
            ("Called", self.to),
            ("CallStatus", status or self.status),
            ("ApiVersion", API_VERSION),
            ("Direction", self.direction),
            *parent,
            *self.extra,
        )
