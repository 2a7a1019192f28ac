"""Facts about dial and everything that can be dialled."""

from collections.abc import Mapping

from engine.grammar.fields import Address, Choice, Pattern, Phone, Several, Text, Whole
from engine.grammar.overlay.common import BOOLEAN, DIALED, RECORD_CALL, WHISPER
from engine.grammar.overlay.facts import ANY, TEXT, Added, Conduct, Facts, Rule
from engine.grammar.overlay.verbs import QUEUE_NAME

RING_TONES = (
    "at au bg br be ch cl cn cz de dk ee es fi fr gr hu il in it lt jp mx my nl no nz "
    "ph pl pt ru se sg th uk us us-old tw ve za"
)

DIAL: Mapping[str, Facts] = {
    "Dial": Facts(
        help="Connects the caller to somebody.",
        text=DIALED,
        kinds={
            # Twilio, TwiML <Dial> `callerId`: the identity of a client, or to a SIP address a name
            "caller_id": Phone(named=True, beside=("sip", "client", "application", "content")),
            "timeout": Whole(5, 600, "seconds"),
            "hangup_on_star": BOOLEAN,
            "time_limit": Whole(1, unit="seconds"),
            "record": RECORD_CALL,
            "answer_on_bridge": BOOLEAN,
            "ring_tone": Choice(tuple(RING_TONES.split())),
            "sequential": BOOLEAN,
            "events": Several(Choice(("call-progress-event",))),
            "call_reason": Text(50),
        },
        added={"call_reason": Added("callReason", "Why you call, shown to the one who is called (private beta)")},
        rules=(
            Rule("at_least", (TEXT, ANY), "a dial names whom to call"),
            Rule("exclusive", (TEXT,), "a dial has a number as its text, or elements"),
            Rule("exclusive", ("conference",), "a conference is not dialled together with anything else"),
            Rule("exclusive", ("application",), "an application is not dialled together with anything else"),
            Rule("at_most", ("number",), "Twilio dials up to ten numbers at once", 10),
            Rule("at_most", ("client",), "Twilio dials up to ten clients at once", 10),
            Rule("at_most", ("conference",), "a caller joins one conference"),
            Rule("at_most", ("queue",), "a dial takes from one queue"),
            Rule("at_most", ("application",), "a dial calls one application"),
        ),
        conduct=Conduct(
            waits=True,
            comes_back=True,
            answer=("DialCallStatus",),
            results=("completed", "answered", "busy", "no-answer", "failed", "canceled"),
            others=("declined",),
            sends=(
                "DialCallSid",
                "DialCallDuration",
                "DialBridged",
                "RecordingUrl",
                "RecordingSid",
                "RecordingDuration",
                "DialSipCallId",
                "DialSipResponseCode",
                "QueueSid",
                "QueueTime",
                "QueueResult",
            ),
        ),
    ),
    "Number": Facts(
        help="A phone number to dial.",
        text=DIALED,
        kinds={
            "send_digits": Pattern(
                "[0-9A-DwW#*]+", "keys among 0-9, # and *, with w for half a second of silence", "ww12"
            ),
            "url": WHISPER,
        },
    ),
    "Client": Facts(
        help="A Voice SDK client to dial.",
        text=Pattern(r"[^\s\x00-\x1f]{1,256}", "an identity of at most 256 characters, without spaces", "alice"),
        kinds={"url": WHISPER},
        added={
            "client_notification_url": Added(
                "clientNotificationUrl", "URL told of the call when the client is reached by push"
            )
        },
        rules=(
            Rule("at_least", (TEXT, "identity"), "a client has an identity"),
            Rule("exclusive", (TEXT, "identity"), "a client is named by its text, or by `identity`"),
            Rule("at_most", ("identity",), "a client has one identity"),
        ),
    ),
    "Identity": Facts(help="The identity of the client."),
    "Conference": Facts(
        help="A conference room to join.",
        text=Text(shortest=1),
        kinds={
            "muted": BOOLEAN,
            "beep": Choice(("true", "false", "onEnter", "onExit")),
            "start_conference_on_enter": BOOLEAN,
            "end_conference_on_exit": BOOLEAN,
            "wait_url": Address("conference_wait"),
            "max_participants": Whole(1, 250),
            "record": Choice(("do-not-record", "record-from-start")),
            "region": Choice(("us1", "us2", "ie1", "sg1", "br1", "au1", "jp1", "de1")),
            "status_callback_event": Several(
                Choice(("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"))
            ),
            "jitter_buffer_size": Choice(("large", "medium", "small", "off")),
            "participant_label": Text(128),
        },
    ),
    "Queue": Facts(
        help="The first caller of a queue.",
        text=QUEUE_NAME,
        kinds={"url": Address("queue_whisper")},
    ),
    "Sip": Facts(
        help="A SIP address to dial.",
        text=Text(254),
        kinds={"url": WHISPER},
        rules=(
            Rule("at_least", (TEXT, "uri"), "a SIP leg needs an address"),
            Rule("exclusive", (TEXT, "uri"), "a SIP address is the text, or stands in `uri`"),
            Rule("at_most", ("uri",), "Twilio tries up to five SIP addresses", 5),
            Rule("at_most", ("headers",), "headers stand in one `headers`"),
        ),
    ),
    "SipUri": Facts(
        help="One of several SIP addresses, tried by priority and weight.",
        text=Text(254),
        kinds={"priority": Whole(0), "weight": Whole(0)},
    ),
    "Headers": Facts(help="The SIP headers of the call."),
    "Header": Facts(help="A SIP header by its name.", required=("name", "value")),
    "Sim": Facts(help="A Super SIM to dial, by its SID."),
    "Application": Facts(
        help="A TwiML application to dial.",
        kinds={"url": WHISPER, "copy_parent_to": BOOLEAN},
        rules=(
            Rule("at_least", (TEXT, "application_sid"), "an application is named by its SID"),
            Rule(
                "exclusive", (TEXT, "application_sid"), "an application is named by its text, or by `application_sid`"
            ),
            Rule("at_most", ("application_sid",), "one application is dialled"),
        ),
    ),
    "ApplicationSid": Facts(help="The SID of the application."),
    "WhatsApp": Facts(help="A WhatsApp number to dial.", text=Phone(), kinds={"url": WHISPER}),
}
