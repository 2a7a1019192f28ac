"""Says in sentences what callers notice of the changes between two versions of a flow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from engine.picture.cards import Cards, Line, Row
from engine.picture.merging import Entry, Merge, Merged

Kind = Literal["added", "removed", "changed", "moved"]
_KINDS: dict[str, Kind] = {"+": "added", "-": "removed", "~": "changed"}
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a step, in sentences."""

    step: str
    change: Kind
    what: tuple[str, ...]


def changes_of(merge: Merge) -> tuple[Change, ...]:
    """The changes, in the order of the file; what holds for the whole flow comes first."""
    found = []
    if whole := tuple(_whole(merge.before, merge.after)):
        found.append(Change(f"{merge.after.flow}/{merge.after.start}", "changed", whole))
    new = {card.step for card in merge.merged if card.sign == "+"}
    reached = {row.to for card in merge.merged if card.sign != "-" for row in card.rows if row not in card.gone}
    for card in merge.merged:
        if not card.sign:
            continue
        if card.sign == "+":
            what = [f"{card.name} is new{'' if card.step in reached else '; nothing leads to it yet'}."]
        elif card.sign == "-":
            what = [f"{card.name} is gone."]
        else:
            what = [f"{card.was} is called {card.name} now."] if card.was else []
            what += _in_card(card, merge, new)
        if what:
            kind: Kind = "moved" if card.was and len(what) == 1 else _KINDS[card.sign]
            found.append(Change(card.step, kind, tuple(what)))
    return tuple(found)


def _whole(before: Cards, after: Cards) -> Iterator[str]:
    if before.start != after.start:
        yield f"A call begins at {after.start}; it began at {before.start}."
    old, new = before.strip, after.strip
    errors = [strip.on_error.target if strip.on_error else "" for strip in (old, new)]
    if errors[0] != errors[1]:
        yield (
            f"When a step fails, the call goes to {errors[1]}." if errors[1] else "A step that fails leads nowhere now."
        )
    keys = [{key.caps: key for key in strip.always} for strip in (old, new)]
    for caps, key in keys[1].items():
        was = keys[0].get(caps)
        name = " or ".join(cap.text for cap in caps)
        if was is None:
            yield f"At any question, {name} now leads to {key.target}."
        elif was.target != key.target:
            yield f"At any question, {name} leads to {key.target}; it led to {was.target}."
    for caps in keys[0].keys() - keys[1].keys():
        yield f"{' or '.join(cap.text for cap in caps)} is no longer understood at every question."
    if old.languages != new.languages:
        yield f"Languages are {', '.join(new.languages) or 'not set'}; they were {', '.join(old.languages) or 'not set'}."
    if old.channels != new.channels:
        yield f"It answers {' and '.join(new.channels)}; it answered {' and '.join(old.channels)}."


def _in_card(card: Merged, merge: Merge, new: set[str]) -> list[str]:
    found = []
    worded = 0
    for entry in card.entries:
        if not entry.sign or (isinstance(entry.item, Row) and entry.item.kind == "fall"):
            continue
        if isinstance(entry.item, Row):
            found.append(_row(card.name, entry, entry.item, new))
        elif isinstance(entry.item, Line) and entry.item.said and entry.sign != "-":
            worded += 1
        elif isinstance(entry.item, Line):
            found.append(_line(card.name, entry, entry.item))
        else:
            found.append(f"In {card.name}, a list that is nested deep has changed.")
    if worded:
        found.append(f"New words in {card.name}: {worded} prompt{'' if worded == 1 else 's'} to record again.")
    if card.marks != merge.before.by_step.get(f"{card.flow}/{card.was or card.name}", card).marks and not found:
        found.append(f"{card.name} is used otherwise now.")
    return found


def _line(step: str, entry: Entry, line: Line) -> str:
    text = f" “{_short(line.text)}”" if line.text else ""
    if entry.sign == "+":
        return f"In {step}, {line.verb}{text} is new."
    if entry.sign == "-":
        return f"In {step}, {line.verb}{text} is gone."
    was = entry.before.text if isinstance(entry.before, Line) else ""
    return f"In {step}, {line.verb} is{text or ' empty'}; it was “{_short(was)}”."


def _row(step: str, entry: Entry, row: Row, new: set[str]) -> str:
    who = _keys(row)
    old = entry.before if isinstance(entry.before, Row) else None
    if row.kind == "again":
        if entry.sign == "-":
            return f"In {step}, the question is asked only once."
        return f"In {step}, the question is {row.target}{f'; it was {old.target}' if old else ''}."
    subject, on = (step, True) if who == "then" else (f"In {step}, {who}", False)
    fresh = " (new)" if row.to in new else ""
    if entry.sign == "-":
        return f"{subject} no longer {_goes(row, on)}."
    if old is None:
        return f"{subject} now {_goes(row, on)}{fresh}."
    return f"{subject} {_goes(row, on)}{fresh}; it {_went(old, on)}."


def _keys(row: Row) -> str:
    words = [
        f"“{cap.text}”" if cap.kind == "said" else f"`{cap.text}`" if cap.kind == "condition" else cap.text
        for cap in row.caps
    ]
    if row.kind == "role":
        return f"{row.label.rstrip(':')}"
    return " or ".join(words).replace("`", "")


def _goes(row: Row, on: bool) -> str:
    """Where an exit leads; `on` is for a step that goes on by itself."""
    goes = "goes on to" if on else "goes to"
    match row.shown:
        case "repeat":
            return "repeats the question"
        case "back":
            return "goes back"
        case "end":
            return {"hang up": "hangs up", "ends": "ends"}.get(row.target, row.target)
        case "on" | "list":
            return "goes on with its own list" if row.shown == "list" else "goes on"
        case "bad":
            return f"{goes} {row.target}, which does not exist"
    return f"{goes} {_short(row.target)}"


def _went(row: Row, on: bool) -> str:
    """Where it led before."""
    went = "went on to" if on else "went to"
    match row.shown:
        case "repeat":
            return "repeated the question"
        case "back":
            return "went back"
        case "end":
            return {"hang up": "hung up", "ends": "ended"}.get(row.target, row.target)
        case "on" | "list":
            return "went on"
    return f"{went} {_short(row.target)}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
