"""Facts about the voice verbs, and what stands in them besides speech."""

from collections.abc import Mapping

from engine.grammar.fields import Address, Choice, Decimal, Json, Keys, Several, Text, Whole
from engine.grammar.overlay.common import (
    ACTION,
    AUTO_OR_SECONDS,
    BOOLEAN,
    COUNT,
    KEY,
    METHOD,
    SECONDS,
    TEXTED,
    TEXTED_FROM,
)
from engine.grammar.overlay.facts import ANY, TEXT, Conduct, Facts, Rule

QUEUE_NAME = Text(64, shortest=1)
CARDS = Several(
    Choice(("visa", "mastercard", "amex", "maestro", "discover", "optima", "jcb", "diners-club", "enroute"))
)

VERBS: Mapping[str, Facts] = {
    "VoiceResponse": Facts(
        help="Everything a call is told in one answer.",
        rules=(
            Rule("without", ("queue",), "a queue stands in `dial`"),
            Rule("without", ("prompt",), "a prompt stands in `pay`"),
        ),
    ),
    "Gather": Facts(
        help="Asks, and waits for keys pressed or words spoken.",
        voiced=True,
        kinds={
            "input": Several(Choice(("dtmf", "speech"))),
            "timeout": AUTO_OR_SECONDS,
            "speech_timeout": AUTO_OR_SECONDS,
            "max_speech_time": SECONDS,
            "finish_on_key": KEY,
            "num_digits": COUNT,
            "barge_in": BOOLEAN,
            "debug": BOOLEAN,
            "action_on_empty_result": BOOLEAN,
            "enhanced": BOOLEAN,
        },
        rules=(Rule("without", ("play@digits",), "Twilio plays no tones inside a gather"),),
        conduct=Conduct(
            waits=True,
            comes_back=True,
            loops=True,
            falls_through=True,
            answer=("Digits", "SpeechResult"),
            others=("no_input", "no_match"),
            sends=("Confidence", "FinishedOnKey"),
        ),
        deprecated_attributes={"enhanced": "name a `speech_model` instead"},
    ),
    "Record": Facts(
        help="Records what the caller says.",
        kinds={
            "timeout": Whole(0, unit="seconds"),
            "finish_on_key": Keys(several=True),
            "max_length": Whole(2, 86400, "seconds"),
            "play_beep": BOOLEAN,
            "transcribe": BOOLEAN,
        },
        rules=(
            Rule("needs", ("@transcribe_callback", "@transcribe"), "Twilio transcribes only with `transcribe: true`"),
        ),
        conduct=Conduct(
            waits=True,
            comes_back=True,
            loops=True,
            falls_through=True,
            others=("recorded", "hangup", "no_input"),
            sends=("RecordingUrl", "RecordingDuration", "RecordingSid", "Digits"),
        ),
    ),
    "Enqueue": Facts(
        help="Puts the caller into a queue, or hands a task to TaskRouter.",
        text=QUEUE_NAME,
        kinds={
            "max_queue_size": COUNT,
            "wait_url": Address("queue_wait"),
        },
        rules=(
            Rule("at_least", (TEXT, "task"), "a caller waits in a queue by its name, or as a task"),
            Rule("exclusive", (TEXT, "task"), "a caller waits in a queue by its name, or as a task"),
            Rule("needs", ("task", "@workflow_sid"), "a task goes to a workflow"),
            Rule("at_most", ("task",), "an enqueue hands over one task"),
        ),
        conduct=Conduct(
            waits=True,
            comes_back=True,
            answer=("QueueResult",),
            results=(
                "bridged",
                "bridging-in-process",
                "error",
                "hangup",
                "leave",
                "redirected",
                "redirected-from-bridged",
                "queue-full",
                "system-error",
            ),
            sends=("QueueSid", "QueueTime"),
        ),
    ),
    "Task": Facts(
        help="The attributes of a TaskRouter task, as a mapping.",
        text=Json(),
        kinds={"priority": Whole(0), "timeout": SECONDS},
    ),
    "Pause": Facts(help="Waits in silence.", kinds={"length": SECONDS}, scalar="length"),
    "Redirect": Facts(
        help="Goes on with the TwiML of another address.",
        text=ACTION,
        kinds={"method": METHOD},
        conduct=Conduct(ends=True),
    ),
    "Hangup": Facts(help="Hangs up.", conduct=Conduct(ends=True)),
    "Reject": Facts(
        help="Turns the call away without answering it.",
        kinds={"reason": Choice(("rejected", "busy"))},
        scalar="reason",
        conduct=Conduct(ends=True),
    ),
    "Leave": Facts(help="Leaves the queue and goes on after the enqueue.", conduct=Conduct(ends=True)),
    "Echo": Facts(
        help="Plays back what the caller says, for a test of the line.",
        deprecated="Twilio does not document it",
    ),
    "Refer": Facts(
        help="Hands a SIP call over to another SIP address.",
        scalar="sip",
        rules=(Rule("exactly_one", ("sip",), "a refer hands the call to one SIP address"),),
        conduct=Conduct(
            waits=True,
            comes_back=True,
            answer=("ReferCallStatus",),
            sends=("ReferSipResponseCode", "NotifySipResponseCode"),
        ),
    ),
    "ReferSip": Facts(help="The SIP address that takes the call over."),
    "Pay": Facts(
        help="Takes a payment or a payment method by phone.",
        voiced=True,
        kinds={
            "input": Several(Choice(("dtmf",))),
            "action": Address("action", schemes=("https",)),
            "bank_account_type": Choice(
                ("consumer-checking", "consumer-savings", "commercial-checking", "commercial-savings")
            ),
            "timeout": SECONDS,
            "max_attempts": Whole(1, 3),
            "security_code": BOOLEAN,
            "min_postal_code_length": Whole(0),
            "payment_method": Choice(("credit-card", "ach-debit")),
            "token_type": Choice(("one-time", "reusable", "payment-method")),
            "charge_amount": Decimal(0, 1_000_000),
            "valid_card_types": CARDS,
        },
        conduct=Conduct(
            waits=True,
            comes_back=True,
            loops=True,
            falls_through=True,
            answer=("Result",),
            results=(
                "success",
                "too-many-failed-attempts",
                "payment-connector-error",
                "caller-interrupted-with-star",
                "caller-hung-up",
                "validation-error",
                "internal-error",
            ),
            sends=(
                "ProfileId",
                "PaymentToken",
                "PaymentConfirmationCode",
                "PaymentMethod",
                "PaymentCardNumber",
                "PaymentCardType",
                "ExpirationDate",
                "SecurityCode",
                "PaymentCardPostalCode",
                "BankAccountNumber",
                "BankRoutingNumber",
                "BankAccountType",
                "PaymentError",
                "PayErrorCode",
                "ConnectorError",
            ),
        ),
    ),
    "Prompt": Facts(
        help="What is said for one part of a payment.",
        kinds={
            "for": Choice(
                (
                    "payment-card-number",
                    "expiration-date",
                    "security-code",
                    "postal-code",
                    "payment-processing",
                    "bank-account-number",
                    "bank-routing-number",
                )
            ),
            "error_type": Several(
                Choice(
                    (
                        "timeout",
                        "invalid-card-number",
                        "invalid-card-type",
                        "invalid-date",
                        "invalid-security-code",
                        "internal-error",
                        "input-matching-failed",
                    )
                )
            ),
            "card_type": CARDS,
            "attempt": Several(Whole(1)),
            "require_matching_inputs": BOOLEAN,
        },
    ),
    "Parameter": Facts(help="A value handed on by name.", required=("name", "value")),
    "Start": Facts(
        help="Starts something beside the call, and goes on at once.",
        rules=(Rule("at_least", (ANY,), "a start has an element in it that says what"),),
        conduct=Conduct(heard=False),
    ),
    "Stop": Facts(
        help="Stops something that `start` began.",
        nested=("Recording",),
        rules=(Rule("at_least", (ANY,), "a stop has an element in it that says what"),),
        conduct=Conduct(heard=False),
    ),
    "Sms": Facts(
        help="Sends a text message.",
        kinds={"to": TEXTED, "from": TEXTED_FROM},
        text=Text(1600, shortest=1),
        words=True,
        deprecated="write `send`",
    ),
}
