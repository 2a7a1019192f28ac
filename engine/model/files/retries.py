"""Reads `retry`: how a gather asks again after silence, or after an answer that no key takes."""

from engine.document import nodes
from engine.grammar.fields import Whole, Wrong
from engine.grammar.verbs import RETRY_KEYS
from engine.grammar.vocabulary import Element
from engine.model.parts import Piece, Retry
from engine.model.reading.by_language import is_by_language
from engine.model.reading.elements import canonical, read_piece
from engine.model.reading.reader import Reader

_ATTEMPTS = Whole(1, 20)
ENTRY = ("say", "play", "pause", "message")  # as far as the gather may hold them


def read_retry(
    reader: Reader, node: nodes.Node, gather: Element, *, inherited: bool = False, shared: bool = False
) -> dict[str, object]:
    """The entries written under `retry`, by key: `attempts` as int, the others as a tuple of pieces for each time.

    What is `inherited` stands in `defaults`. What is `shared` with flows of another channel may hold more than this gather: that
    is left out.
    """
    example = "write  retry: {attempts: 3, no_input: I did not hear anything.}"
    mapping = reader.mapping("retry", node, "a mapping", example)
    entries: dict[str, object] = {}
    for key, value in mapping.entries if mapping else ():
        if key.text == "attempts":
            scalar = reader.scalar("attempts", value, "a whole number, 1 to 20", "write  attempts: 3")
            read = _ATTEMPTS.read(scalar.text) if scalar else None
            if isinstance(read, Wrong) and scalar:
                reader.wrong("attempts", read, scalar)
            elif isinstance(read, str):
                entries["attempts"] = int(read)
        elif key.text == "no_input" and inherited and gather.class_name == "MessagingGather":
            # What is sent to somebody who does not answer is written where it is asked.
            if not shared:
                title = "`defaults` cannot give `no_input` to every gather of messages"
                helps = ("write it in each `gather` that sends a reminder",)
                reader.report.error("F108", title, key.span, helps=helps)
        elif key.text in RETRY_KEYS:
            entries[key.text] = _read_times(reader, key.text, value, gather, shared)
        else:
            reader.unknown("`retry` has no field", key, RETRY_KEYS)
    return entries


def make_retry(entries: dict[str, object]) -> Retry:
    """The retry that the entries make; words without `attempts` ask three times, as phone menus do."""
    if entries and "attempts" not in entries:
        entries = {"attempts": 3, **entries}
    return Retry(**entries)  # type: ignore[arg-type]


def _read_times(
    reader: Reader, name: str, node: nodes.Node, gather: Element, shared: bool
) -> tuple[tuple[Piece, ...], ...]:
    items = node.items if isinstance(node, nodes.Sequence) else (node,)
    return tuple(_read_entry(reader, name, item, gather, shared) for item in items)


def _read_entry(reader: Reader, name: str, node: nodes.Node, gather: Element, shared: bool) -> tuple[Piece, ...]:
    """One time's words: a text, or a list of what may stand in the gather."""
    verbs = [verb for verb in ENTRY if verb in gather.children]
    wanted = f"a text, or a list of {', '.join(verbs)}"
    if isinstance(node, nodes.Scalar):
        scalar = reader.scalar(name, node, wanted, f"write  {name}: I did not get that.")
        return (read_piece(reader, gather.children["say"], scalar)[0],) if scalar else ()
    if isinstance(node, nodes.Mapping) and is_by_language(reader, node):
        if listed := [key for key, value in node.entries if isinstance(value, nodes.Sequence)]:
            helps = (f"write  {name}: [{{{listed[0].text}: …}}, {{{listed[0].text}: …}}]",)
            reader.report.error("F112", f"in `{name}` each time is a text by language", listed[0].span, helps=helps)
            return ()
        return (read_piece(reader, gather.children["say"], node)[0],)
    pieces: list[Piece] = []
    for item in node.items if isinstance(node, nodes.Sequence) else (node,):
        verb = canonical(item.entries[0][0].text) if isinstance(item, nodes.Mapping) and len(item.entries) == 1 else ""
        if isinstance(item, nodes.Mapping) and verb in verbs:
            pieces.append(read_piece(reader, gather.children[verb], item.entries[0][1])[0])
        elif not (shared and verb in ENTRY):
            reader.shape(name, wanted, item)
    return tuple(pieces)
