"""Reads branches: the keys and conditions of a verb's answer, and where each leads."""

import re
from collections.abc import Callable

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.source import Span
from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.grammar.normalize import has_emoji, pressable, signs_of, visible, words_of
from engine.grammar.patterns import Pattern, PatternError
from engine.grammar.templates import Expression, read_expression
from engine.grammar.verbs.spec import VerbSpec
from engine.grammar.vocabulary import VOICE, Element
from engine.model.parts import Block, Exit, Key, Target
from engine.model.reading.meant_keys import doubt_words
from engine.model.reading.meant_patterns import doubt_pattern, meant_pattern, written
from engine.model.reading.reader import Reader, first_line, several, shortened
from engine.model.reading.targets import read_target
from engine.model.reading.unreachable_keys import check_reachable

_QUOTES = "\"'"
_KEYS = "keys are digits, `*`, `#`, words, or a pattern between slashes"
_JOINTS = re.compile(r"[-_\s]")
_PAIR = re.compile(r"(\S.*?)[ ,]+(?:to|then|goto)[ ]+([\w/-]+)")
_STATUS = re.compile(r"[2-9][0-9]{2}|[2-5][xX]{2}")  # of an HTTP answer (RFC 9110, 15), or a class of them

ReadBlock = Callable[[Reader, str, nodes.Node, str], Block]
Answering = Element | VerbSpec  # a verb that has a branch: one of TwiML, or one of the engine's own


def read_branch(
    reader: Reader, node: nodes.Node, place: str, verb: Answering | None, read_block: ReadBlock
) -> tuple[Exit, ...]:
    """The exits written at `node`; `verb` is the verb that has the branch, None for a branch instruction.

    The status of an HTTP answer is a name of an exit, as `404` or `4xx`.
    """
    if isinstance(node, nodes.Sequence):
        return _read_conditions(reader, node, place, read_block)
    if isinstance(node, nodes.Mapping):
        return _read_keys(reader, node, place, verb, read_block)
    wanted = "a mapping of keys and targets, or a list of conditions"
    reader.shape("branch", wanted, node, "write  branch: {1: sales, else: operator}")
    return ()


def read_condition(reader: Reader, name: str, node: nodes.Node) -> Expression | None:
    """The expression written at `name` (`when:`, `on:`)."""
    scalar = reader.scalar(name, node, "an expression", f"write  {name}: visits > 3")
    expression = read_expression(scalar, reader.report) if scalar else None
    if expression:
        reader.used.append(expression)
    return expression


def _goes(reader: Reader, name: str, node: nodes.Node, place: str, read_block: ReadBlock) -> Target | Block | None:
    if isinstance(node, nodes.Sequence):
        return read_block(reader, name, node, place)
    if isinstance(node, nodes.Mapping):
        helps = ("put `- ` before the instruction to make it a list",)
        reader.shape(shortened(name), "a target, or a list of instructions", node, *helps)
        reader.forgive(node)
        return None
    return read_target(reader, name, node)


def _read_conditions(reader: Reader, node: nodes.Sequence, place: str, read_block: ReadBlock) -> tuple[Exit, ...]:
    exits: list[Exit] = []
    for number, item in enumerate(node.items):
        if isinstance(item, nodes.Scalar) and (found := re.fullmatch(r"else:?\s*(\S+)", item.text)) and not item.quoted:
            title, helps = "a colon and a space are missing after `else`", (f"write  - else: {found[1]}",)
            reader.report.error("F112", title, item.span, label="one text without them", helps=helps)
            continue
        entry = reader.mapping("branch", item, "a list of `when` with `to`, and `else`", "write  - else: menu")
        if entry is None:
            continue
        when, to, otherwise = entry.get("when"), entry.get("to"), entry.get("else")
        unknown = [key for key, _ in entry.entries if key.text not in ("when", "to", "else")]
        for key in unknown:
            reader.unknown("a condition has no field", key, ("when", "to", "else"))
        inner = f"{place}.{number}"
        if otherwise is not None:
            if when is not None or to is not None:
                helps = ("write  - else: menu  as an entry of its own, the last one",)
                reader.report.error("F110", "`else` stands alone", _key(entry, "else").span, helps=helps)
            goes = _goes(reader, "else", otherwise, inner, read_block)
            if goes:
                exits.append(Exit((), ("else",), None, goes, _key(entry, "else").span))
            if number < len(node.items) - 1:
                title, helps = "nothing after `else` is ever reached", ("move `else` to the end of the list",)
                reader.report.error("F110", title, _key(entry, "else").span, helps=helps)
        elif when is None or to is None:
            missing = "to" if when is not None else "when"
            if not unknown:
                title = f"a condition needs `when` and `to`; `{missing}` is missing"
                helps = (_condition_help(when, to, last=number == len(node.items) - 1),)
                reader.report.error("F109", title, first_line(item.span), helps=helps)
        else:
            condition, goes = read_condition(reader, "when", when), _goes(reader, "to", to, inner, read_block)
            if condition and goes:
                exits.append(Exit((), (), condition, goes, _key(entry, "when").span))
    return tuple(exits)


def _condition_help(when: nodes.Node | None, to: nodes.Node | None, *, last: bool) -> str:
    """A condition as it was meant: `when: x > 1 to menu` in one line, `to: menu` without a condition as the last entry."""
    if isinstance(to, nodes.Scalar) and to.text:
        return f"write  - else: {to.text}" if last else f"write\n- when: visits > 3\n  to: {to.text}"
    if isinstance(when, nodes.Scalar) and (pair := _PAIR.fullmatch(when.text)):
        return f"write\n- when: {pair[1]}\n  to: {pair[2]}"
    return (
        f"write\n- when: {when.text if isinstance(when, nodes.Scalar) and when.text else 'visits > 3'}\n  to: operator"
    )


def _read_keys(
    reader: Reader, node: nodes.Mapping, place: str, verb: Answering | None, read_block: ReadBlock
) -> tuple[Exit, ...]:
    exits: list[Exit] = []
    seen: dict[tuple[str, str], Span] = {}
    misread: set[Span] = set()
    entries = [(key, value) for key, value in node.entries if verb is not None or key.text != "on"]
    others = verb.answers if isinstance(verb, VerbSpec) else verb.conduct.others if verb else ()
    names = {"else", *others}
    statuses = isinstance(verb, VerbSpec) and verb.statuses
    bare_names = {_bare(name) for name in names}
    gathers = verb is not None and verb.name == "gather"
    free = gathers or verb is None or (isinstance(verb, VerbSpec) and verb.open)  # a key may be any text
    for number, (key, value) in enumerate(entries):
        if "{{" in key.text:
            helps = ("conditions can hold it:\n- when: answer == pin\n  to: menu",)
            reader.report.error("F114", "a branch key cannot be a template", key.span, helps=helps)
            continue
        found_names: list[str] = []
        keys: list[Key] = []
        for text, span, quoted in _alternatives(key):
            if text == "":
                title = "an empty alternative in a branch key"
                reader.report.error("F114", title, span, helps=("alternatives stand between `|`, as in  1 | sales",))
                continue
            # A name but for case, `-`, `_` or a blank: `Else`, `no-input`.
            if not quoted and text not in names and _bare(text) in bare_names:
                reader.unknown("no answer is called", _word(text, span), names)
                continue
            if statuses and _STATUS.fullmatch(text):
                text = text.lower()
                found_names.append(text)
                kind = "name"
            elif text in names and not quoted:
                found_names.append(text)
                kind = "name"
            else:
                alternative = _read_key(reader, text, span, verb)
                if alternative is None:
                    continue
                keys.append(alternative)
                kind, text = alternative.kind, alternative.text
            folded = (kind, text if kind == "pattern" else text.casefold())
            if folded in seen:
                title = f"the branch key `{shortened(text)}` is written twice"
                helps = ("one answer leads to one place; take it out of one of the two",)
                also = (Label(seen[folded], "first here"),)
                reader.report.error("F101", title, span, label="again here", also=also, helps=helps)
            seen.setdefault(folded, span)
        goes = _goes(reader, key.text, value, f"{place}.{number}", read_block)
        if goes is not None and (keys or found_names):
            exits.append(Exit(tuple(keys), tuple(found_names), None, goes, key.span))
        if keys and free and doubt_pattern(reader, key, said=gathers):
            misread.add(key.span)
    # What a key without its slashes takes says nothing about what it was meant to take.
    meant = [exit_ for exit_ in exits if exit_.span not in misread]
    check_reachable(reader, meant, reader.always if gathers else ())
    if gathers:
        doubt_words(reader, meant)
    return tuple(exits)


def _bare(name: str) -> str:
    return _JOINTS.sub("", name).casefold()


def _word(text: str, span: Span) -> nodes.Scalar:
    return nodes.Scalar(text, span, False)


def _alternatives(key: nodes.Scalar) -> list[tuple[str, Span, bool]]:
    """The alternatives of a key with their spans and whether each is quoted by itself; a key between slashes is one."""
    text, start = key.text, key.span.start + (1 if key.quoted else 0)
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        return [(text, key.span, False)]
    if text.isalnum():
        return [(text, Span(key.span.source, start, start + len(text)), False)]
    found, offset = [], 0
    for part in text.split("|"):
        word = part.strip()
        begin = start + offset + (len(part) - len(part.lstrip()))
        span = Span(key.span.source, begin, begin + len(word)) if begin + len(word) <= key.span.end else key.span
        quoted = len(word) > 1 and word[0] == word[-1] and word[0] in _QUOTES
        found.append((word[1:-1] if quoted else word, span if word else key.span, quoted))
        offset += len(part) + 1
    return found


def _read_key(reader: Reader, text: str, span: Span, verb: Answering | None) -> Key | None:
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        try:
            Pattern(visible(text[1:-1]))
        except PatternError as error:
            start = span.start + 1 + text[1:-1].find(error.part)
            place = Span(span.source, start, start + len(error.part)) if error.part and start < span.end else span
            helps = ("between the slashes stands one regular expression, as  /[0-9]{4}/",)
            if "repetition" in error.why and error.part and text[1:].startswith(error.part):
                helps = (f"write  /\\{text[1:]}  if `{error.part}` is meant as it is",)
            reader.report.error("F115", f"no regular expression: {error.why}", place, helps=helps)
            return None
        return Key("pattern", text[1:-1], span)
    if isinstance(verb, VerbSpec):
        return _read_own_key(reader, text, span, verb)
    if verb is None:
        return Key("whole", text, span)
    if verb.name == "gather":
        if digits := pressable(text):
            return Key("digits", digits, span)
        if not words_of(text)[0].strip():
            return _read_signs(reader, text, span)
        return Key("words", text, span)
    known = (*verb.conduct.results, *verb.conduct.others, "else")
    closed = verb.conduct.results or not verb.conduct.answer
    if closed and verb.name != "connect" and text.casefold() not in known:
        close = nearest(text, known)
        label = f"did you mean `{close}`?" if close else ""
        title = f"`{verb.name}` never answers `{shortened(text)}`"
        reader.report.error("F102", title, span, label=label, helps=(several("its answers", known),))
        return None
    return Key("whole", text, span)


def _read_signs(reader: Reader, text: str, span: Span) -> Key | None:
    """A key without letters and digits, which can only be texted."""
    if reader.vocabulary is not VOICE and signs_of(text):
        return Key("emoji" if has_emoji(text) else "signs", text, span)
    title = f"nobody can press or say the branch key `{shortened(text)}`"
    meant = meant_pattern(text)
    helps = [written(meant, _word(text, span)) if meant else _KEYS]
    if signs_of(text) and not meant:
        helps.append("where people may also text it, write at the top\nchannel: [voice, messaging]")
    reader.report.error("F114", title, span, helps=helps)
    return None


def _read_own_key(reader: Reader, text: str, span: Span, verb: VerbSpec) -> Key | None:
    """A key that is no name of an answer, in a branch of the engine's own verbs: those that return values take any."""
    known = (*verb.answers, "else")
    if verb.open or text.casefold() in known:
        return Key("whole", text, span)
    close = nearest(text, known)
    label = f"did you mean `{close}`?" if close else ""
    shown = ("404", "4xx", *known) if verb.statuses else known
    helps = (several("its answers", shown),)
    reader.report.error("F102", f"`{verb.name}` never answers `{shortened(text)}`", span, label=label, helps=helps)
    return None


def _key(entry: nodes.Mapping, name: str) -> nodes.Scalar:
    key = entry.key(name)
    assert key is not None, f"the entry has been asked for `{name}` before"
    return key
