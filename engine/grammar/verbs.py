"""The verbs and keys of the engine itself: what a flow can say beyond TwiML."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Word:
    """A verb or key of the language: what it does in a line, the keys of its mapping with theirs, and an example to paste."""

    name: str
    help: str
    keys: Mapping[str, str] = field(default_factory=dict)
    example: str = ""
    served: bool = True


def _index(*words: Word) -> Mapping[str, Word]:
    return {word.name: word for word in words}


TARGET_WORDS: Mapping[str, str] = {
    "repeat": "this step, or this tree, again",
    "back": "the question that was answered before this one",
    "restart": "the start of the flow this step belongs to",
    "hangup": "hang up",
    "leave": "leave the queue",
}

ENGINE_VERBS = _index(
    Word(
        "redirect",
        "Goes on at a step, another flow, or a URL.",
        {"url": "the address to go on at", "method": "GET or POST, for an address that is not ours"},
        "redirect: menu",
    ),
    Word(
        "branch",
        "Chooses where to go on, by conditions (the first that holds) or by a value (`on:`).",
        {"on": "the expression whose value chooses", "else": "where to go when no key is the value"},
        "branch:\n  - when: visits > 3\n    to: operator\n  - else: menu",
    ),
    Word("set", "Sets variables, in order.", {}, "set: {visits: '{{ visits + 1 }}'}"),
    Word("log", "Writes a line into the log.", {}, "log: reached billing"),
    Word("twiml", "Verbatim TwiML, a well-formed fragment.", {}, "twiml: <Say>Hello</Say>"),
    Word("return", "Ends a subflow with a value; elsewhere it ends the document.", {}, "return"),
    Word("request", "An HTTP request from the server.", served=False),
    Word("run", "Calls a Python function of the project.", served=False),
    Word("subflow", "Calls a flow like a function.", served=False),
    Word("send", "Sends a text message through the account.", served=False),
)

EXTRAS: Mapping[str, str] = {
    "branch": "where each answer leads",
    "save": "keeps the answer in a variable, or parameters of it: `save: account`, `save: {voicemail: recording_url}`",
    "retry": "asks again: `attempts`, and what to say before (`no_input`, `no_match`) or instead (`prompt`)",
}

RETRY_KEYS: Mapping[str, str] = {
    "attempts": "how many times the question is asked in all",
    "no_input": "said before the question is asked again after silence",
    "no_match": "said before the question is asked again after an answer that no key takes",
    "prompt": "replaces the gather's own words from the second time on",
}

FLOW_KEYS = _index(
    Word("description", "One line that says what the flow is."),
    Word("channel", "`voice` (default) or `messaging`."),
    Word("start", "The step a call begins at; the first one by default."),
    Word("takes", "Variables the flow is given: `required`, or a value for when they are not."),
    Word("vars", "Variables and their first values."),
    Word("defaults", "What each verb or nested element gets unless it says otherwise."),
    Word("on_error", "Where a call goes when a step fails."),
    Word("steps", "The steps: a name and a list of instructions each."),
    Word("hours", "Opening hours by name.", served=False),
    Word("languages", "The languages the flow speaks.", served=False),
    Word("always", "Keys that every gather understands.", served=False),
)

PROJECT_KEYS = _index(
    *(FLOW_KEYS[name] for name in ("defaults", "vars", "on_error", "hours", "languages", "always")),
    Word("check", "What `touchtone check` leaves out: `{ignore: [L201]}`."),
)

CHANNELS = ("voice", "messaging")
