"""The resources of Twilio's REST API as frozen values, with the fields of its description."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

LIVE = ("queued", "ringing", "in-progress")
"""The statuses of a call that is not over."""


def new_sid(prefix: str) -> str:
    """A new SID: two letters such as `CA`, and 32 hexadecimal digits (Twilio, "What is a String Identifier (SID)?")."""
    return prefix + secrets.token_hex(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What all resources have. `uri` is its path below the account, without `.json`; `subresources` are paths below it."""

    place: ClassVar[str]
    subresources: ClassVar[tuple[str, ...]] = ()

    sid: str
    account_sid: str
    date_created: datetime
    date_updated: datetime
    api_version: str = "2010-04-01"

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it, so that it may be dropped when there are too many."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResource(Resource):
    """A call; `direction` is `inbound`, `outbound-api` or `outbound-dial`, `duration` and `queue_time` are seconds and milliseconds."""

    place: ClassVar[str] = "Calls"
    subresources: ClassVar[tuple[str, ...]] = ("Notifications", "Recordings", "Payments", "Events", "Siprec", "Streams")

    to: str
    from_: str
    status: str = "queued"
    direction: str = "outbound-api"
    phone_number_sid: str | None = None
    parent_call_sid: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    duration: int | None = None
    answered_by: str | None = None
    forwarded_from: str | None = None
    caller_name: str | None = None
    queue_time: int = 0
    price: str | None = None
    price_unit: str = "USD"

    @property
    def over(self) -> bool:
        return self.status not in LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageResource(Resource):
    """A message; `from_` is None until a messaging service has chosen its number; `media` are addresses."""

    place: ClassVar[str] = "Messages"
    subresources: ClassVar[tuple[str, ...]] = ("Media", "Feedback")

    to: str
    from_: str | None
    body: str = ""
    status: str = "queued"
    direction: str = "outbound-api"
    num_segments: int = 1
    media: tuple[str, ...] = ()
    messaging_service_sid: str | None = None
    date_sent: datetime | None = None
    error_code: int | None = None
    error_message: str | None = None
    price: str | None = None
    price_unit: str = "USD"

    @property
    def num_media(self) -> int:
        """How many media files it has."""
        return len(self.media)

    @property
    def over(self) -> bool:
        return self.status in ("delivered", "undelivered", "failed", "received", "read", "canceled")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberResource(Resource):
    """A phone number of the account, and what is asked when somebody calls or texts it; `voice_application_sid` and `trunk_sid`
    come before its own addresses.
    """

    place: ClassVar[str] = "IncomingPhoneNumbers"
    subresources: ClassVar[tuple[str, ...]] = ("AssignedAddOns",)

    phone_number: str
    friendly_name: str
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    voice_application_sid: str | None = None
    voice_caller_id_lookup: bool = False
    voice_receive_mode: str = "voice"
    sms_url: str = ""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"
    sms_application_sid: str | None = None
    status_callback: str = ""
    status_callback_method: str = "POST"
    trunk_sid: str | None = None
    identity_sid: str | None = None
    address_sid: str | None = None
    bundle_sid: str | None = None
    emergency_address_sid: str | None = None
    emergency_status: str = "Active"
    emergency_address_status: str = "unregistered"
    address_requirements: str = "none"
    beta: bool = False
    origin: str = "twilio"
    status: str = "in-use"
    type: str = "local"

    @property
    def capabilities(self) -> dict[str, bool]:
        """What the number can do."""
        return {"voice": True, "sms": True, "mms": True, "fax": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdResource(Resource):
    """A verified caller id: a number of somebody's own, which a trial account may call and text."""

    place: ClassVar[str] = "OutgoingCallerIds"

    phone_number: str
    friendly_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationResource(Resource):
    """A TwiML App."""

    place: ClassVar[str] = "Applications"

    friendly_name: str | None = None
    voice_url: str | None = None
    voice_method: str = "POST"
    voice_fallback_url: str | None = None
    voice_fallback_method: str = "POST"
    voice_caller_id_lookup: bool = False
    status_callback: str | None = None
    status_callback_method: str = "POST"
    sms_url: str | None = None
    sms_method: str = "POST"
    sms_fallback_url: str | None = None
    sms_fallback_method: str = "POST"
    sms_status_callback: str | None = None
    message_status_callback: str | None = None
    public_application_connect_enabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingResource(Resource):
    """A recording of a call, `duration` in seconds; `source` is `RecordVerb`, `DialVerb`, `OutboundAPI` or another of Twilio's."""

    place: ClassVar[str] = "Recordings"
    subresources: ClassVar[tuple[str, ...]] = ("AddOnResults", "Transcriptions")

    call_sid: str
    duration: int | None = None
    status: str = "completed"
    source: str = "RecordVerb"
    channels: int = 1
    start_time: datetime | None = None
    conference_sid: str | None = None
    error_code: int | None = None
    price: str | None = None
    price_unit: str = "USD"
    encryption_details: None = None

    @property
    def over(self) -> bool:
        return self.status not in ("in-progress", "paused", "processing")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountResource(Resource):
    """The account; `auth_token` signs the requests to webhooks; `type` is Full or Trial."""

    place: ClassVar[str] = ""
    subresources: ClassVar[tuple[str, ...]] = (
        *("Calls", "Messages", "IncomingPhoneNumbers", "OutgoingCallerIds", "Applications", "Recordings", "Balance"),
    )

    auth_token: str = field(repr=False)
    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    friendly_name: str = "Stand-in"
    owner_account_sid: str = ""
    status: str = "active"
    type: str = "Full"
    balance: str = "100.00"
    currency: str = "USD"
