"""Facts about what is spoken and played: say, play, and SSML."""

from collections.abc import Mapping

from engine.grammar.fields import Address, Choice, Either, Field, Pattern, Text
from engine.grammar.overlay.common import BOOLEAN
from engine.grammar.overlay.facts import ANY, TEXT, Added, Facts, Rule

PLAY_URLS = "play_urls"
"""The engine's own attribute of a `say`, which is no TwiML: a text that is a URL is played."""
LONGEST_SAY = 4096  # characters of a <Say> (Twilio, error 13521)

# Twilio, TwiML <Play> `digits`: w waits half a second, W a second
TONES = Pattern("[0-9A-DwW#*]+", "tones among 0-9, A-D, # and *, with w or W for a pause", "ww12")
SPEED = Pattern(r"[0-9]{1,3}%", "a percentage such as 90%", "90%")
PITCH = Pattern(r"[+-][0-9]{1,3}%", "a change such as +10%", "+10%")
VOLUME = Pattern(r"[+-][0-9]{1,2}(\.[0-9]+)?dB", "a change such as +6dB", "+6dB")


def _named(*values: str, beside: Field) -> Field:
    return Either((Choice(values), beside))


SPEECH: Mapping[str, Facts] = {
    "Say": Facts(
        help="Speaks a text.",
        text=Text(LONGEST_SAY, shortest=1),
        words=True,
        voiced=True,
        kinds={PLAY_URLS: BOOLEAN},
        added={
            PLAY_URLS: Added(
                PLAY_URLS,
                "Play a text that is the URL of a recording; each entry of a list is said or played by itself, an empty one left out",
            )
        },
        rules=(Rule("at_least", (TEXT, ANY), "Twilio warns of a say without words"),),
        deprecated_values={"voice": {"alice": "name a voice such as Polly.Joanna, or leave `voice` out"}},
    ),
    "Play": Facts(
        help="Plays a sound file, or tones.",
        text=Address("media"),
        kinds={"digits": TONES},
        rules=(Rule("at_least", (TEXT, "@digits"), "a play has a file or tones"),),
    ),
    "SsmlBreak": Facts(
        help="A pause in what is said.",
        kinds={
            "strength": Choice(("none", "x-weak", "weak", "medium", "strong", "x-strong")),
            "time": Pattern(r"[0-9]+(\.[0-9]+)?m?s", "a time such as 1s or 500ms", "500ms"),
        },
    ),
    "SsmlEmphasis": Facts(
        help="Stresses words.",
        words=True,
        kinds={"level": Choice(("strong", "moderate", "reduced"))},
    ),
    "SsmlLang": Facts(help="Words in another language.", required=("xml_lang",)),
    "SsmlP": Facts(help="A paragraph, with a pause around it.", words=True),
    "SsmlS": Facts(help="A sentence, with a pause around it.", words=True),
    "SsmlPhoneme": Facts(
        help="Words with their pronunciation in a phonetic alphabet.",
        kinds={
            "alphabet": Choice(
                ("ipa", "x-sampa", "x-amazon-jyutping", "x-amazon-pinyin", "x-amazon-pron-kana", "x-amazon-yomigana")
            ),
        },
        required=("ph",),
    ),
    "SsmlProsody": Facts(
        help="Changes volume, speed and pitch of what is said.",
        words=True,
        kinds={
            "volume": _named("default", "silent", "x-soft", "soft", "medium", "loud", "x-loud", beside=VOLUME),
            "rate": _named("x-slow", "slow", "medium", "fast", "x-fast", beside=SPEED),
            "pitch": _named("default", "x-low", "low", "medium", "high", "x-high", beside=PITCH),
        },
    ),
    "SsmlSayAs": Facts(
        help="Says words as digits, a date, a telephone number and the like.",
        kinds={
            "interpret_as": Choice(
                (
                    "characters",
                    "spell-out",
                    "cardinal",
                    "number",
                    "ordinal",
                    "digits",
                    "fraction",
                    "unit",
                    "date",
                    "time",
                    "address",
                    "expletive",
                    "telephone",
                )
            ),
            "format": Choice(("mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y", "yyyymmdd")),
        },
        required=("interpret_as",),
    ),
    "SsmlSub": Facts(help="Says something else than what is written.", words=True, required=("alias",)),
    "SsmlW": Facts(help="A word with its part of speech.", words=True),
}
