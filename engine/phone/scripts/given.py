"""Reads `given`: what is so before a call begins."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from engine.document import Node, Scalar, Sequence
from engine.grammar.channels import CHANNELS
from engine.grammar.vocabulary import VOICE
from engine.phone.scripts.answers import read_stubs
from engine.phone.scripts.reader import KEY_NAMES, PHONE_KEYS, Reader, folded, shortened
from engine.phone.scripts.script import Given
from engine.phone.scripts.stubs import Stub, kinds
from engine.phone.transport import params_of

# Verbs that wait for somebody whose part can be told in advance; for a conference the word is the noun's.
VERBS = ("dial", "conference", "record", "enqueue", "connect", "pay", "refer")

FAILURES = ("busy", "no-answer", "failed", "canceled")
YEARS = (1000, 9000)  # of calls: beyond them a call of some hours, or another zone, has no date
_RECORDED = re.compile(r"([0-9]{1,6})(?:\s*(?:seconds?|s)\b)?(?:,?\s*(?:then\s+)?(\S+))?", re.IGNORECASE)
_AT = "write  at: 2026-12-24 18:00  (UTC), or  at: 2026-12-24T18:00-05:00"


def outcomes(verb: str) -> tuple[str, ...]:
    """The first words of the outcomes of a verb; () where any word may be one."""
    if verb == "dial":
        return ("completed", "answered", *FAILURES, "transfer")
    if verb == "conference":
        return ("answered", "completed", "failed")
    if verb == "record":
        return ()
    conduct = VOICE.children[verb].conduct
    # Waiting on, and hanging up, are the caller's; they are told by `silence` and `hangup` anywhere.
    return tuple(word for word in conduct.results if word != "hangup")


def read_outcome(reader: Reader, verb: str, node: Node) -> str | None:
    """The outcome of a verb, as the telephone is told it; None if it is none, which is reported."""
    known = (*outcomes(verb), "silence", "hangup")
    example = {"record": "12", "refer": "success"}.get(verb, known[0])
    text = reader.text(verb, node, f"write  {verb}: {example}")
    if text is None or not isinstance(node, Scalar):
        return None
    first, *rest = text.split()
    first = first.lower()
    if verb == "record":
        return _recorded(reader, node, text.strip())
    if len(known) > 2 and first not in known:
        reader.unknown("F405", f"`{verb}` never ends", node, known)
        return None
    if verb == "dial" and first != "transfer" and not set("".join(rest)) <= PHONE_KEYS:
        reader.shape(f"only keys can stand behind `{first}`", node, "write  dial: completed 1")
        return None
    return " ".join([first, *rest])


def _recorded(reader: Reader, node: Scalar, text: str) -> str | None:
    """A recording that is told in advance: its seconds, and what ends it."""
    if text.lower() in ("silence", "hangup"):
        return text.lower()
    found = _RECORDED.fullmatch(text)
    end = (found[2] or "").lower() if found else ""
    end = KEY_NAMES.get(end, end)
    if found and (end in ("", "silence", "hangup") or (len(end) == 1 and end in PHONE_KEYS)):
        return f"{found[1]} {end}".removesuffix(" silence").strip()
    reader.shape("a recording is told by its seconds", node, 'write  record: 12, or  record: "12 #"')
    return None


def keys() -> tuple[str, ...]:
    """What `given` may say."""
    return ("from", "to", "at", "channel", "step", "params", "takes", "query", *VERBS, *kinds())


def read_given(reader: Reader, node: Node | None) -> Given:
    """What `given` says; every mistake in it is reported."""
    if node is None:
        return Given()
    mapping = reader.mapping("given", node, 'write  given: {from: "+15550111"}')
    if mapping is None:
        return Given()
    texts: dict[str, str] = {}
    pairs: dict[str, Mapping[str, str]] = {}
    told: dict[str, tuple[str, ...]] = {}
    stubs: list[Stub] = []
    at: datetime | None = None
    known = keys()
    for key, value in mapping.entries:
        name = key.text
        if name not in known:
            helps = ("what a flow is given is  takes: {…}; `vars` begin as the flow says",) if name == "vars" else ()
            reader.unknown("F402", "`given` has no key", key, known, *helps)
        elif name in kinds():
            stubs.extend(read_stubs(reader, name, value))
        elif name in VERBS:
            told[name] = tuple(_several(read_outcome(reader, name, one) for one in _items(value)))
        elif name == "query":
            query = reader.text(name, value, "write  query: Name=Ann&Options[1]=/flows/clinic")
            pairs[name] = params_of(query or "")
        elif name in ("params", "takes"):
            example = {"params": "{CallerName: Ann}", "takes": '{account: "4711"}'}[name]
            pairs[name] = {one: text for one, text, _ in reader.pairs(name, value, f"write  {name}: {example}")}
        elif name == "at":
            at = _time(reader, value)
        elif (text := reader.text(name, value)) is not None:
            texts[name] = text
    step, channel = mapping.get("step"), mapping.get("channel")
    if isinstance(channel, Scalar) and "channel" in texts and texts["channel"] not in CHANNELS:
        reader.unknown("F404", "there is no channel", channel, CHANNELS)
    return Given(
        texts.get("from"),
        texts.get("to"),
        at,
        texts.get("step"),
        step.span if step else None,
        "messaging" if texts.get("channel") == "messaging" else "voice" if texts.get("channel") == "voice" else "",
        channel.span if channel else None,
        pairs.get("params", {}),
        pairs.get("takes", {}),
        pairs.get("query", {}),
        {verb: outcome for verb, outcome in told.items() if outcome},
        tuple(sorted(stubs, key=lambda stub: stub.exactness)),  # the first that fits answers
    )


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else (node,)


def _several(found: Iterable[str | None]) -> Iterable[str]:
    return (text for text in found if text is not None)


def _time(reader: Reader, node: Node) -> datetime | None:
    text = reader.text("at", node, _AT)
    if text is None:
        return None
    at: datetime | None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        at = None
    if at is None or not YEARS[0] <= at.year <= YEARS[1]:
        title = f"`{shortened(text)}` is no day and time"
        reader.report.error("F403", title, node.span, helps=[folded(_AT)])
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
