"""The verbs and keys of the engine itself: what a flow can say beyond TwiML."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.grammar import hours
from engine.grammar.names import HOURS
from engine.grammar.verbs.request import REQUEST
from engine.grammar.verbs.run import RUN
from engine.grammar.verbs.send import SEND
from engine.grammar.verbs.spec import Key, VerbSpec
from engine.grammar.verbs.subflow import SUBFLOW


@dataclass(frozen=True, slots=True)
class Word:
    """A key of the language: what it does in a line, the keys of its mapping with theirs, and an example to paste."""

    name: str
    help: str
    keys: Mapping[str, str] = field(default_factory=dict)
    example: str = ""


def _index(*words: Word) -> Mapping[str, Word]:
    return {word.name: word for word in words}


TARGET_WORDS: Mapping[str, str] = {
    "repeat": "in what the `branch` of a verb or `always` led to: the list in which that verb stands, again from its beginning; "
    "elsewhere this step",
    "back": "the question that was answered before this one; again: the one before that; at the first, `restart`",
    "restart": "the start of the flow that this step belongs to",
    "hangup": "the end of the call",
    "leave": "out of the queue: the call goes on behind its `enqueue`",
}

ENGINE_VERBS: dict[str, VerbSpec] = {
    spec.name: spec
    for spec in (
        VerbSpec(
            "redirect",
            "Goes on at a step, another flow, or a URL.",
            {
                "url": Key("the address to go on at"),
                "method": Key("GET or POST, for an address that is not ours"),
            },
            "redirect: menu",
            called=("goto", "go", "go_to", "jump", "next", "to", "then"),
        ),
        VerbSpec(
            "branch",
            "Chooses where to go on, by conditions (the first that holds) or by a value (`on:`).",
            {
                "on": Key("the expression whose value chooses"),
                "else": Key("where to go when no key is the value"),
            },
            "branch:\n  - when: visits > 3\n    to: operator\n  - else: menu",
            called=("if", "switch", "when", "case", "match", "else", "choose"),
        ),
        VerbSpec(
            "set",
            "Sets variables, in order. `language` switches the call to another of `languages`.",
            example="set: {visits: '{{ visits + 1 }}'}",
            called=("let", "assign", "var", "vars"),
        ),
        VerbSpec("log", "Writes a line into the log.", example="log: reached billing", called=("print", "debug")),
        VerbSpec(
            "twiml",
            "Verbatim TwiML: a well-formed fragment, or a whole document, whose `<Response>` is left out.",
            example="twiml: <Say>Hello</Say>",
        ),
        VerbSpec("return", "Ends a subflow with a value; elsewhere it ends the document.", example="return: true"),
        REQUEST,
        RUN,
        SUBFLOW,
        SEND,
    )
}
"""By name, in the order in which messages and the reference list them."""

EXTRAS: Mapping[str, str] = {
    "branch": "where each answer leads",
    "save": "keeps the answer in a variable, or parameters of it: `save: account`, `save: {voicemail: recording_url}`",
    "secret": "`true` keeps the answer, what is made of it, and what it is compared with, out of logs, trails, records of calls, pages, and listings, which show "
    "`•••`. The caller hears what the flow says",
    "retry": "asks again: `attempts`, and what to say before (`no_input`, `no_match`) or instead (`prompt`)",
}

# What a key in the branch of a gather takes, and in which order.
ANSWER_KEYS: Mapping[str, str] = {
    '1, 12, "*"': "these digits or signs, pressed, said or texted; spaces and punctuation do not count",
    "sales": "these words, as whole words anywhere in what was said or texted; case, accents and punctuation do not count",
    r"/\d{4}/": "a regular expression that matches the whole answer; case does not count",
    '"👍", "?"': "in messages alone: an emoji is found like a word, whatever its skin tone; signs are the whole answer",
    "order": "a key that is the whole answer; a key of `always` that is; a pattern, in file order; the longest word found, by its "
    "letters; then file order. Conditions (`when:`) are tried in file order, before `always`",
    "reading": "digits of any script are digits, and characters that nobody sees do not count. Digits with spaces, commas, hyphens or a "
    "final period are also tried as digits alone (`1 2 3` as `123`); `answer` and `save` hold the reading that was taken, "
    "without a branch the digits alone",
    '"#"': "as a key of the branch it turns `finish_on_key` off; a `#` at the end of an answer that no key takes is then dropped",
    "no key": "a branch with neither a key nor a condition takes every answer, to `else` or the next instruction; only `always` "
    "comes before it, and there is no `no_match`",
}

EXTRA_EXAMPLES: Mapping[str, str] = {
    "secret": "gather:\n  say: Enter your PIN.\n  num_digits: 4\n  secret: true\n  save: pin",
}

MAY_BE_SECRET = ("gather", "pay", "record")
"""The verbs whose answer is what the caller gave."""

RETRY_KEYS: Mapping[str, str] = {
    "attempts": "how many times the question is asked in all",
    "no_input": "said before the question is asked again after silence; in messages only what the gather itself has",
    "no_match": "said before the question is asked again after an answer that no key takes",
    "prompt": "replaces the gather's own words from the second time on",
}

FLOW_KEYS = _index(
    Word("description", "One line that says what the flow is."),
    Word(
        "channel",
        "What the flow answers: calls (`voice`, the default), messages (`messaging`), or both (`[voice, messaging]`). "
        "For whoever writes to a flow of both, what is said in a row is one reply, with the words of the gather that "
        "follows, and `hangup` ends the conversation; sounds and all that is pressed or spoken are left out. When they do "
        "not answer, nothing is sent: `no_input` is for callers, but in a flow for messages alone. A gather may "
        "have a `message` for them instead of what it says, and a `timeout` with a unit (`2h`) beside that in seconds. A "
        "verb that one of the two lacks stands behind a condition: `when: channel == 'voice'`.",
        {},
        "channel: [voice, messaging]",
    ),
    Word("start", "The step a call begins at; the first one by default."),
    Word("takes", "Variables the flow is given: `required`, or a value for when they are not."),
    Word("vars", "Variables and their first values."),
    Word(
        "defaults",
        "What each verb or nested element gets unless it says otherwise; of the engine's verbs, "
        + " and ".join(f"`{verb.name}`" for verb in ENGINE_VERBS.values() if verb.defaults)
        + ".",
        {},
        "defaults:\n  say: {voice: Polly.Joanna}\n  request: {timeout: 2}",
    ),
    Word("on_error", "Where a call goes when a step fails."),
    Word("steps", "The steps: a name and a list of instructions each."),
    Word(
        "hours",
        "Opening hours by name. Templates and conditions ask them by `hours.desk.open`, `.opens_at`, `.closes_at`, "
        "`.holiday` and `.now`.",
        {**hours.KEYS, **{f"hours.desk.{entry}": help for entry, help in HOURS.items()}},
        hours.EXAMPLE,
    ),
    Word(
        "languages",
        "The languages that the flow speaks, the first by default. Any text or attribute may then be a mapping of them; "
        "`set: {language: es}` switches the call.",
        {
            "voice": "the voice of what is said in it, as Polly.Lupe",
            "language": "what Twilio calls it, for `say` and `gather`: es-US, es-MX",
        },
        "languages:\n  en: {voice: Polly.Joanna, language: en-US}\n  es: {voice: Polly.Lupe, language: es-US}",
    ),
    Word(
        "always",
        "Keys that every gather also understands, when they are the whole answer; a gather's own keys come first. "
        "Each leads to a target, or holds a list of instructions, and is not saved. In `_project.yaml` targets name "
        "their flow, and a flow's own keys win.",
        {
            "no_input": "where silence leads in calls, for gathers that lack it",
            "no_match": "where an answer that no key takes leads, for gathers that lack it",
            "else": "where both lead, for gathers that lack it",
        },
        'always:\n  0: operator\n  "*": repeat',
    ),
)

PROJECT_KEYS = _index(
    *(FLOW_KEYS[name] for name in ("defaults", "vars", "on_error", "hours", "languages", "always")),
    Word("check", "What `touchtone check` leaves out: `{ignore: [L201]}`."),
)
