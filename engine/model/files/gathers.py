"""Reads what a gather gets from its branch: what that fills in, and what can never happen with it."""

from dataclasses import replace

from engine.diagnostics.source import Span
from engine.document import nodes
from engine.model.parts import Exit, Key, Piece
from engine.model.reading.reader import Reader, shortened


def check_no_match(
    reader: Reader, exits: tuple[Exit, ...], branch: nodes.Node | None, retry: nodes.Node | None
) -> None:
    """Reports `no_match` at a gather that takes every answer (F118), in its own branch or retry: an inherited one only counts silence."""
    entries: tuple[object, ...] = ()
    if isinstance(branch, nodes.Mapping):
        entries = branch.entries
    elif isinstance(branch, nodes.Sequence):
        entries = tuple(branch.items)
    if len(exits) < len(entries) or any(exit_.keys or exit_.when for exit_ in exits):
        return  # a key that could not be read is still meant to be one
    names = [name for exit_ in exits for name in exit_.names]
    for exit_ in exits:
        if "no_match" in exit_.names:
            helps = (
                ("leave it out: `else` takes every answer",)
                if "else" in names
                else (f"write  else: {_target(branch)}",)
            )
            _tell(reader, exit_.span, helps)
    word = retry.key("no_match") if isinstance(retry, nodes.Mapping) else None
    if word is not None:
        _tell(reader, word.span, ("leave it out, or name the answers:\nbranch: {1: …, 2: …}",))


def _target(branch: nodes.Node | None) -> str:
    value = branch.get("no_match") if isinstance(branch, nodes.Mapping) else None
    return shortened(value.text) if isinstance(value, nodes.Scalar) and value.text else "…"


def _tell(reader: Reader, span: Span, helps: tuple[str, ...]) -> None:
    title = "`no_match` can never happen: this gather takes every answer"
    reader.report.error("F118", title, span, label="it names no answers", helps=helps)


def fill_gather(piece: Piece, exits: tuple[Exit, ...], saves: bool, always: tuple[Key, ...]) -> Piece:
    """What the branch of a gather already says, filled in unless written: input, num_digits, hints, finish_on_key.

    The keys of `always` count for the number of digits alone, and only beside keys of the branch: without any the gather
    takes every answer.
    """
    written = {xml for xml, _ in piece.attributes}
    keys = [key for exit_ in exits for key in exit_.keys]
    digits = [key.text for key in keys if key.kind == "digits"]
    words = [key.text for key in keys if key.kind == "words"]
    lengths = {len(key.text) for key in (*keys, *always) if key.kind == "digits"}
    free = saves or any(key.kind == "pattern" for key in (*keys, *always)) or any(exit_.when for exit_ in exits)
    filled: list[tuple[str, str]] = []
    if words and "input" not in written:
        filled.append(("input", "dtmf speech"))
    if keys and not free and len(lengths) == 1 and "numDigits" not in written:
        filled.append(("numDigits", str(*lengths)))
    if words and "hints" not in written:
        filled.append(("hints", ", ".join(words)))
    if "#" in "".join(digits) and "finishOnKey" not in written:
        filled.append(("finishOnKey", ""))
    return replace(piece, attributes=(*piece.attributes, *filled)) if filled else piece
