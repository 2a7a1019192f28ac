"""Facts about the verbs of messaging."""

from collections.abc import Mapping

from engine.grammar.fields import Address, Text
from engine.grammar.overlay.common import CALLBACK
from engine.grammar.overlay.facts import TEXT, Facts, Rule

MESSAGING: Mapping[str, Facts] = {
    "MessagingResponse": Facts(help="Everything a message is answered with."),
    "Message": Facts(
        help="Replies with a message.",
        text=Text(1600, shortest=1),
        words=True,
        kinds={"action": CALLBACK},  # its answer is ignored or not, by account; the status is all that is sure
        rules=(
            Rule("at_least", (TEXT, "body", "media"), "a message has words or media"),
            Rule("exclusive", (TEXT, "body"), "a message has its words as text, or in `body`"),
            Rule("at_most", ("media",), "a message carries up to ten media", 10),
        ),
    ),
    "Body": Facts(help="Words of a message; several are joined.", text=Text(1600, shortest=1), words=True),
    "Media": Facts(help="A picture, sound or file sent along.", text=Address("media")),
}
