"""The pages of what stands in values: filters, targets, known names, and how conditions compare."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from engine.grammar.callables import FILTERS
from engine.grammar.filters import FILTERS as OWN
from engine.grammar.names import CALL, HOURS, MESSAGE, NAMES
from engine.grammar.page_layout import example, head, section
from engine.grammar.signatures import Parameter, literal, signature_of
from engine.grammar.verbs import TARGET_WORDS

_JINJA = "https://jinja.palletsprojects.com/en/stable/templates/#jinja-filters."

_SENT = "Twilio's "
_ENTRIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "call": {f"call.{name}": f"{_SENT}{sent}" for name, sent in CALL.items()},
        "message": {
            **{f"message.{name}": f"{_SENT}{sent}" for name, sent in MESSAGE.items()},
            "message.media": "what was attached: a list, each with `url` and `content_type`",
        },
        "hours": {f"hours.desk.{name}": help for name, help in HOURS.items()},
    }
)

CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "a == b, a != b": "whether two values are equal",
        "a < b, <=, >, >=": "numbers, texts that are plain numbers, times of day as `09:30`, and dates as `2026-12-24`. With any "
        "other text it does not hold, and the log says so",
        "a in b, a not in b": "whether a value is in a list, a key of a mapping, or part of a text",
        "a and b, a or b, not a": "the words are written in small letters",
        "x is defined, x is none": "tests; `select`, `reject`, `selectattr` and `rejectattr` take their names",
        "plain numbers": "beside a number a text that is written as one (`-3`, `4711`, `2.50`, at most 15 digits) counts as that "
        "number: what was typed equals 4711 and can be added to. `0471`, `+15550100` and `1e3` stay text, and `true` is no "
        "number. Two texts are equal only if they are written alike",
        "a + b, -, *, /, //, %, **": "arithmetic; with a text that is not a plain number the step fails. `+` joins two texts, `~` "
        "joins any two values as text",
        "keys": "where a number stands beside keys (`branch: {on: count}`), it takes the key that is this number: 1.0 takes `1`",
    }
)
"""What a condition may say, each with what it means."""

_CONDITIONS = (
    "An expression after `when:` or `on:`, and what stands in `{{ }}`. It is an expression of Jinja, without braces after `when:` "
    "and `on:`; texts stand in quotes."
)


def value_topics() -> tuple[str, ...]:
    """The names that have a page here."""
    return ("conditions", *OWN, *TARGET_WORDS, *NAMES)


def value_pages(name: str) -> Iterator[str]:
    """The pages of a name; none if it is no filter, target or known name."""
    if name in TARGET_WORDS:
        help = f"{TARGET_WORDS[name][0].upper()}{TARGET_WORDS[name][1:]}."
        asked = f'gather: {{say: Press star., branch: {{"*": {name}}}}}'
        yield "\n".join([*head(name, "a target", help), *example(asked)])
    if name in NAMES:
        help = f"{NAMES[name][0].upper()}{NAMES[name][1:]}."
        entries = section("Entries", list(_ENTRIES.get(name, {}).items()))
        yield "\n".join([*head(name, "a known name", help), *entries])
    if name in FILTERS:
        yield _filter_page(name)
    if name == "conditions":
        rows = section("May hold", list(CONDITIONS.items()))
        yield "\n".join([*head(name, "how values are compared", _CONDITIONS), *example("when: visits > 3"), *rows])


def _filter_page(name: str) -> str:
    signature = signature_of(name, FILTERS[name])
    if name not in OWN:
        help = f"Written  {signature.form}" if signature.parameters else "What it takes is on its page."
        return "\n".join([*head(name, "a filter of Jinja", help), "", f"{_JINJA}{name}"])
    lines = head(name, "a filter", OWN[name].__doc__ or "")
    lines += example(f'say: "{{{{ value | {signature.name} }}}}"')
    return "\n".join([*lines, *section("Options", [(one.name, _option(one)) for one in signature.parameters])])


def _option(one: Parameter) -> str:
    return f"{one.note} — {one.describe()}; {literal(one.default)} by default"
