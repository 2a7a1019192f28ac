"""Facts about the verbs of messaging."""

from collections.abc import Mapping

from engine.grammar.fields import Address, Duration, Text
from engine.grammar.overlay.common import CALLBACK, TEXTED, TEXTED_FROM
from engine.grammar.overlay.facts import TEXT, Added, Conduct, Facts, Rule

LONGEST_MESSAGE = 1600  # characters of a message's words (Twilio, TwiML <Message>, and error 14103)

# How long a question waits for the next message: whoever is asked may have to find their glasses, and forgets within a month.
SHORTEST_WAIT, LONGEST_WAIT = 60, 30 * 24 * 3600  # seconds
WAIT = Duration(SHORTEST_WAIT, LONGEST_WAIT)
WAIT_BY_UNIT = Duration(SHORTEST_WAIT, LONGEST_WAIT, unit=True)  # where plain seconds are those of a call
ANSWER_SECONDS = (
    4 * 3600
)  # a question waits so long unless it says otherwise; so long Twilio keeps cookies of a conversation

WAIT_HELP = (
    "How long the next message answers the question; without it 4h. Then silence is followed where the gather has `no_input`, and "
    "the next message answers for as long again. Later messages begin the flow anew."
)
WORDS_FACT = "`say` or `message` asks whoever writes"

MESSAGING: Mapping[str, Facts] = {
    "MessagingResponse": Facts(help="Everything a message is answered with."),
    "Message": Facts(
        help="Replies with a message.",
        text=Text(1600, shortest=1),
        words=True,
        kinds={
            "to": TEXTED,
            "from": TEXTED_FROM,
            "action": CALLBACK,  # its answer is ignored or not, by account; the status is all that is sure
        },
        rules=(
            Rule("at_least", (TEXT, "body", "media"), "a message has words or media"),
            Rule("exclusive", (TEXT, "body"), "a message has its words as text, or in `body`"),
            Rule("at_most", ("media",), "a message carries up to ten media", 10),
        ),
    ),
    # No class of the library: a question by message is a message, and what the engine does with the next one.
    "MessagingGather": Facts(
        help="Asks by message, and waits for that person's next one: its words are the answer. A picture without words is "
        "taken where any answer is, and is else one that no key takes. Words like STOP and HELP never come: Twilio answers them. "
        "When nobody answers, nothing is sent, unless the gather has `no_input`: in its own `retry`, and the question is sent again, or "
        "in its own `branch`, and that is followed once. What it says goes out through your account.",
        kinds={"timeout": WAIT},
        added={"timeout": Added("wait", WAIT_HELP)},
        rules=(
            Rule("at_least", ("message", "say"), WORDS_FACT),
            Rule("exclusive", ("message", "say"), "a question by message has its words in `message`, or in `say`"),
            Rule("at_most", ("message",), "a gather asks in one message"),
        ),
        conduct=Conduct(
            waits=True,
            comes_back=True,
            answer=("Body",),
            others=("no_input", "no_match"),
            sends=("NumMedia", "MediaUrl0", "MediaContentType0"),
        ),
    ),
    "Body": Facts(help="Words of a message; several are joined.", text=Text(1600, shortest=1), words=True),
    "Media": Facts(help="A picture, sound or file sent along.", text=Address("media")),
}
