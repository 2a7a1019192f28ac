"""What programs send: each body as one type, from which the checks and the OpenAPI document are made."""

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Number = Annotated[
    str, Meta(min_length=1, max_length=300, description="A phone number with its country", examples=["+15550101"])
]
Value = str | int | float | bool
Variables = Annotated[
    dict[str, Value],
    Meta(description="Values for the variables that the flow `takes`", examples=[{"name": "Ann", "tries": 3}]),
]
Place = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=r"^[^:?#\s]+$",
        description="A flow, or a step of one: `clinic` or `clinic/menu`",
        examples=["clinic/menu"],
    ),
]
Step = Annotated[
    str,
    Meta(
        max_length=200,
        description="The step where it begins; that of the flow's `start` by default",
        examples=["remind"],
    ),
]
Media = Annotated[str, Meta(pattern=r"^https?://\S+$", max_length=2000, examples=["https://example.com/map.png"])]


class PlaceCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A call that runs the flow."""

    to: Annotated[Number, Meta(description="Whom to call: a number, `client:NAME` or a SIP address")]
    from_: Annotated[Number | None, Meta(description="The number to call from; TOUCHTONE_FROM by default")] = None
    step: Step | None = None
    variables: Variables = {}
    machine_detection: Annotated[
        Literal["Enable", "DetectMessageEnd"] | None,
        Meta(description="Detects a person or a machine before the flow begins"),
    ] = None
    answered_by: Annotated[
        Place | None, Meta(description="A step to notify of who answered; the flow begins at once")
    ] = None
    timeout: Annotated[int, Meta(ge=1, le=600, description="Seconds to ring; 60 by default")] | None = None
    time_limit: Annotated[int, Meta(ge=1, le=86400, description="Seconds that the call may last")] | None = None
    record: Annotated[bool, Meta(description="Record the call")] = False
    send_digits: (
        Annotated[
            str,
            Meta(
                pattern="^[0-9A-D#*wW]{1,32}$",
                description="Keys to press when the call is answered; `w` waits half a second",
            ),
        ]
        | None
    ) = None
    status_callback: Annotated[Place | None, Meta(description="A step to notify when the call ends")] = None


class SendMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A text message: with `text`, `media_url` or `content_sid` just that; else what the flow says at its beginning, which starts
    the conversation."""

    to: Annotated[Number, Meta(description="Whom to text")]
    from_: Annotated[Number | None, Meta(description="The number to text from; TOUCHTONE_FROM by default")] = None
    step: Step | None = None
    text: Annotated[str, Meta(min_length=1, max_length=1600, description="The words of the message")] | None = None
    media_url: Annotated[list[Media], Meta(max_length=10, description="URLs of pictures and other files")] = []
    content_sid: Annotated[str, Meta(pattern="^HX[0-9a-fA-F]{32}$", description="A content template")] | None = None
    content_variables: Annotated[dict[str, Value], Meta(description="Values for the content template")] = {}
    messaging_service_sid: (
        Annotated[str, Meta(pattern="^MG[0-9a-fA-F]{32}$", description="A messaging service that chooses the sender")]
        | None
    ) = None
    status_callback: Annotated[Place | None, Meta(description="A step to notify of the delivery")] = None
    variables: Variables = {}


class RedirectCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a live call goes on."""

    to: Place
    variables: Variables = {}


class MakeToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token for one client of Twilio's Voice SDK."""

    identity: Annotated[
        str,
        Meta(
            extra_json_schema={"pattern": "^[A-Za-z0-9_]{1,121}$"},  # checked with words of its own
            description="The name of the client, as in `dial: {client: front_desk}`",
            examples=["front_desk"],
        ),
    ]
    flow: Annotated[str, Meta(description="The flow that the client calls; without one it makes no calls")] | None = (
        None
    )
    incoming: Annotated[bool, Meta(description="Whether it can be called")] = True
    seconds: Annotated[int, Meta(ge=1, le=86400, description="How long the token lives; an hour by default")] | None = (
        None
    )


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing is sent with this request."""


# --- what is answered ---


class PlacedCall(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """A call that Twilio took."""

    sid: Annotated[str, Meta(examples=["CA0123456789abcdef0123456789abcdef"])]
    status: Annotated[str, Meta(description="The status of the call, in Twilio's words", examples=["queued"])]
    flow: str
    to: str
    from_: str


class SentMessage(msgspec.Struct, frozen=True):
    """A message that Twilio took."""

    sid: Annotated[str, Meta(examples=["SM0123456789abcdef0123456789abcdef"])]
    status: Annotated[str, Meta(description="The status of the message, in Twilio's words", examples=["queued"])]


class SentMessages(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """What Twilio took: a message, or what the flow said at its beginning."""

    flow: str
    to: str
    from_: Annotated[str, Meta(description="The number or the messaging service")]
    messages: list[SentMessage]


class ChangedCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call that was redirected or ended."""

    sid: str
    status: str
    flow: Annotated[str, Meta(description="Where it goes on")] = ""
    step: str = ""


class MadeToken(msgspec.Struct, frozen=True):
    """A token that was made."""

    token: Annotated[str, Meta(description="Give it to the browser: `new Twilio.Device(token)`")]
    identity: str
    until: Annotated[str, Meta(description="When it ends", examples=["2026-12-24T19:00:00+00:00"])]


OnSilence = Annotated[
    bool,
    Meta(
        description="True where the call comes here only if the caller stays silent; Twilio does not report whether it did"
    ),
]


class Entered(msgspec.Struct, frozen=True, tag_field="event", tag="entered", omit_defaults=True):
    """The call came to a step."""

    at: str
    flow: str
    step: str
    on_silence: OnSilence = False


class Took(msgspec.Struct, frozen=True, tag_field="event", tag="took", omit_defaults=True):
    """An exit was taken; `answer` is what was compared with its keys."""

    at: str
    exit: Annotated[str, Meta(examples=["clinic/menu:0 1"])]
    answer: str
    on_silence: OnSilence = False


class SetVariable(msgspec.Struct, frozen=True, tag_field="event", tag="set"):
    """A variable was set."""

    at: str
    name: str
    value: Any = None


class Asked(msgspec.Struct, frozen=True, tag_field="event", tag="asked"):
    """A `request`, `run` or `send` was performed, and what came of it."""

    at: str
    verb: str
    answer: str
    problem: str
    seconds: float | None = None


class Logged(msgspec.Struct, frozen=True, tag_field="event", tag="logged"):
    """The flow wrote a line into the log."""

    at: str
    text: str


class Failed(msgspec.Struct, frozen=True, tag_field="event", tag="failed"):
    """A step could not go on."""

    at: str
    message: str


class Status(msgspec.Struct, frozen=True, tag_field="event", tag="status"):
    """The status of the call, as Twilio reported it."""

    at: str
    status: str


Event = Entered | Took | SetVariable | Asked | Logged | Failed | Status


class Call(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """How a call stands: `status` by the account, everything else by this server."""

    sid: str
    status: Annotated[str, Meta(examples=["in-progress"])]
    answered_by: str
    seconds: Annotated[int | None, Meta(description="Duration, once the call is over")]
    flow: Annotated[str, Meta(description="Where the call is; empty if this server never answered it")]
    step: str
    variables: dict[str, Any]
    trail: Annotated[list[Event], Meta(description="What happened, kept for a day")]
    left_out: Annotated[int, Meta(description="How many of the oldest events were dropped")]


SID = re.compile(r"CA[0-9a-fA-F]{32}", re.ASCII)
