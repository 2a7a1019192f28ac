"""Reads blocks: the instructions of a step or of a tree, one verb each."""

import re
from collections.abc import Mapping
from dataclasses import replace

from engine.diagnostics.source import Span
from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.grammar.channels import CHANNELS, other_than
from engine.grammar.verbs import ENGINE_VERBS, EXTRAS
from engine.grammar.vocabulary import Element
from engine.model.files.gathers import check_no_match, fill_gather
from engine.model.files.retries import make_retry, read_retry
from engine.model.parts import Asking, Block, Exit, Instruction, Piece, Retry, Verb
from engine.model.reading.branches import read_branch
from engine.model.reading.elements import Extras, canonical, read_piece
from engine.model.reading.reader import Reader, first_line, folded, is_null, pasted, several, shortened
from engine.model.reading.saves import read_save
from engine.model.reading.secret import read_secret
from engine.model.verbs.own_verbs import read_own_verb

Entry = tuple[nodes.Scalar, nodes.Node]

# What a verb of the other channel is in this one.
_INSTEAD: Mapping[str, str] = {
    "message": "a text from a call is sent with `send`",
    "say": "in a messaging flow `message` replies",
    "play": "in a messaging flow a sound is sent along:  message: {media: …}",
    "sms": "in a messaging flow `message` replies; `send` writes to anybody",
    "hangup": "a conversation is over when nothing follows; else  redirect: hangup",
}

# What other phone systems and programming languages call the verbs of TwiML; those of the engine know that themselves.
_MEANT: Mapping[str, str] = {
    **dict.fromkeys(("speak", "tell", "tts", "prompt", "text", "announce"), "say"),
    **dict.fromkeys(("ask", "menu", "input", "listen", "question"), "gather"),
    **dict.fromkeys(("call", "transfer", "forward", "bridge", "number"), "dial"),
    **dict.fromkeys(("wait", "sleep", "silence"), "pause"),
    **dict.fromkeys(("end", "bye", "disconnect", "exit"), "hangup"),
    **dict.fromkeys(("voicemail",), "record"),
}


def read_block(reader: Reader, name: str, node: nodes.Node, place: str) -> Block:
    """The instructions at `node`; `name` is the step or branch key they belong to, `place` the path of the block in its step."""
    if not isinstance(node, nodes.Sequence):
        if isinstance(node, nodes.Scalar) and is_null(node):
            title = f"the step `{name}` has no instructions"
            reader.report.error("F109", title, node.span, helps=("write them below it, as  - say: Hello",))
        else:
            if not _no_dash_space(reader, node):
                helps = ("put `- ` before each instruction, as in  - say: Hello",)
                reader.shape(name, "a list of instructions", node, *helps)
        reader.forgive(node)
        return Block(place, (), node.span)
    read = []
    for number, item in enumerate(node.items):
        if reader.report.full:
            reader.forgive(node)
            break
        instruction = _read_instruction(reader, item, f"{place}.{number}" if place else str(number))
        if instruction is not None:
            read.append(instruction)
    return Block(place, tuple(read), node.span)


def _no_dash_space(reader: Reader, node: nodes.Node) -> bool:
    """Whether the node begins with `-say: …`, which is told: without a blank the dash begins no item."""
    first = node.entries[0][0] if isinstance(node, nodes.Mapping) and node.entries else node
    if not isinstance(first, nodes.Scalar) or first.quoted or not re.match(r"-[\s\u00a0]*[a-z]", first.text):
        return False
    line = first.span.source.line(first.span.source.position(first.span.start)[0]).strip()
    helps = (f"write  - {shortened(line[1:])}",)
    at = Span(first.span.source, first.span.start, first.span.start + 1)
    reader.report.error("F007", "a space is missing after the dash", at, label="begins no item", helps=helps)
    return True


def _read_instruction(reader: Reader, node: nodes.Node, place: str) -> Instruction | None:
    if isinstance(node, nodes.Scalar) and not is_null(node):
        return _read_verb(reader, node, nodes.Scalar("", node.span, False), place)
    if not isinstance(node, nodes.Mapping) or not node.entries:
        found = "a list" if isinstance(node, nodes.Sequence) else "nothing"
        title = "an instruction is one verb with what belongs to it"
        helps = ("write  - say: Hello",)
        reader.report.error("F112", title, first_line(node.span), label=f"found {found}", helps=helps)
        reader.forgive(node)
        return None
    if len(node.entries) == 1:
        return _read_verb(reader, *node.entries[0], place)
    _read_crowd(reader, node, place)
    return None


def _read_crowd(reader: Reader, node: nodes.Mapping, place: str) -> None:
    """An instruction of several entries: they belong inside the first verb, or are instructions of their own."""
    first, value = node.entries[0]
    if first.text in ("branch", "set", "redirect") and isinstance(value, nodes.Scalar) and value.empty:
        names = " and ".join(f"`{shortened(key.text)}`" for key, _ in node.entries[1:5])
        title = f"the keys of `{first.text}` stand beside it, and belong below it"
        label, helps = (
            f"indent these below `{first.text}`",
            (folded(f"indent {names} two places more than `{first.text}`"),),
        )
        reader.report.error("F106", title, node.entries[1][0].span, label=label, helps=helps)
        reader.forgive(nodes.Mapping(((first, nodes.Mapping(node.entries[1:], node.span)),), node.span))
        return
    verbs = [entry for entry in node.entries if canonical(entry[0].text) not in EXTRAS]
    (first, value), *_ = verbs or node.entries
    owner = canonical(first.text)
    element = reader.vocabulary.children.get(owner)
    beside = [entry for entry in node.entries if entry[0] is not first]
    inside = [entry for entry in beside if _belongs_inside(element, value, canonical(entry[0].text))]
    if inside:
        word = inside[0][0]
        title = f"`{word.text}` stands beside `{owner}`, and belongs inside it"
        helps = (_inside_help(element, first, value, inside),)
        reader.report.error("F106", title, word.span, helps=helps)
    apart = [entry for entry in beside if entry not in inside]
    if apart:
        word = apart[0][0]
        title = f"an instruction has one verb, and here are `{first.text}` and `{shortened(word.text)}`"
        helps = (f"put `- ` before `{shortened(word.text)}`: it is the next instruction",)
        reader.report.error("F106", title, word.span, label="a second verb", helps=helps)
    # Each is read for the mistakes it has by itself.
    if element is not None and inside:
        own = (*value.entries,) if isinstance(value, nodes.Mapping) else ()
        if isinstance(value, nodes.Scalar) and not value.empty and (name := element.text or element.scalar):
            own = ((nodes.Scalar(name, value.span, False), value),)
        value = nodes.Mapping((*own, *inside), node.span)
    _read_verb(reader, first, value, place)
    for key, other in apart:
        _read_verb(reader, key, other, place)


def _belongs_inside(element: Element | None, value: nodes.Node, name: str) -> bool:
    if name in EXTRAS:
        return True
    if element is None:
        return False
    vacant = isinstance(value, nodes.Scalar) and value.empty
    return name in element.attributes or (vacant and (name in element.children or name == element.text))


def _inside_help(element: Element | None, first: nodes.Scalar, value: nodes.Node, inside: list[Entry]) -> str:
    if element is None or not isinstance(value, nodes.Scalar) or value.empty:
        names = " and ".join(f"`{key.text}`" for key, _ in inside)
        return folded(f"indent {names} two places more than `{first.text}`")
    name = "number" if first.text == "dial" else element.text or element.scalar or "…"
    rows = [f"write  {first.text}:", f"         {name}: {pasted(shortened(value.text))}"]
    for key, other in inside:
        shown = pasted(shortened(other.text)) if isinstance(other, nodes.Scalar) else "…"
        rows.append(f"         {key.text}: {shown}")
    return "\n".join(rows)


def _read_verb(reader: Reader, key: nodes.Scalar, value: nodes.Node, place: str) -> Instruction | None:
    name = canonical(key.text)
    engine = ENGINE_VERBS.get(name)
    if engine is not None:
        own = read_own_verb(reader, engine, place, value, read_block)
        if isinstance(own, Asking):
            reader.asked.append(own)
        return own
    element = reader.vocabulary.children.get(name)
    if element is not None:
        return _read_twiml(reader, element, key, value, place)
    reader.forgive(nodes.Mapping(((key, value),), key.span))
    _no_verb(reader, key, value, name)
    return None


def _no_verb(reader: Reader, key: nodes.Scalar, value: nodes.Node, name: str) -> None:
    name = name.replace("-", "_")
    other = other_than(reader.channel)
    parents = [parent.name for parent in reader.vocabulary.children.values() if name in parent.children]
    if name in other.verbs.children:
        title = f"`{name}` is a verb of {other.name}, and this flow's channel is {reader.channel}"
        helps = (_INSTEAD.get(name) or f"at the top of the flow stands  channel: {other.name}",)
        reader.report.error("F108", title, key.span, helps=helps)
    elif name in EXTRAS:
        helps = (f"`{name}` belongs inside a verb, such as `gather`",)
        reader.report.error("F106", f"`{name}` is no instruction of its own", key.span, helps=helps)
    elif parents:
        title = f"`{name}` stands inside {' or '.join(f'`{parent}`' for parent in parents)}, not by itself"
        shown = pasted(shortened(value.text)) if isinstance(value, nodes.Scalar) and value.text else "…"
        reader.report.error("F108", title, key.span, helps=(f"write  {parents[0]}: {{{name}: {shown}}}",))
    else:
        _unknown_verb(reader, key, value, name)


def _unknown_verb(reader: Reader, key: nodes.Scalar, value: nodes.Node, name: str) -> None:
    verbs = [*reader.vocabulary.children, *ENGINE_VERBS]
    label, helps = "", list[str]()
    folded_name = name.replace("-", "_").lower()
    close = _meant(folded_name) or nearest(name, verbs)
    first, gap, rest = _parted(key.text)
    if key.text in reader.steps and isinstance(value, nodes.Scalar) and value.empty:
        helps.append(f"write  - redirect: {key.text}")
    elif rest and (first in verbs or _meant(first)):
        _no_colon(reader, key, _meant(first) or first, gap, rest)
        return
    elif " " in key.text.strip():
        spoken = CHANNELS[reader.channel].says
        helps.append(f"to speak a text write  - {spoken}: {pasted(shortened(key.text))}")
    elif close in verbs:
        label = f"did you mean `{close}`?"
    else:
        helps.append(several("the verbs", dict.fromkeys(verbs)))
    title = f"there is no verb `{shortened(key.text)}`"
    reader.report.error("F102", title, first_line(key.span), label=label, helps=helps)


def _meant(name: str) -> str | None:
    """The verb that others call so."""
    own = (spec.name for spec in ENGINE_VERBS.values() if name in spec.called)
    return _MEANT.get(name) or next(own, None)


def _parted(text: str) -> tuple[str, str, str]:
    """A text as its first word, what stands behind that (a colon, a blank), and the rest."""
    found = re.fullmatch(r"([a-z_]+)(:| +)(\S.*)", text, re.DOTALL)
    return (found[1], found[2], found[3]) if found else (text, "", "")


def _no_colon(reader: Reader, key: nodes.Scalar, verb: str, gap: str, rest: str) -> None:
    """Reports `say:Hello` and `say Hello`: without a colon and a blank YAML sees one text."""
    at = key.span.start + key.span.text.find(gap)
    title = "a space is missing after the colon" if gap == ":" else f"a colon is missing after `{verb}`"
    help_ = f"write  - {verb}: {pasted(rest) if len(rest) <= 50 else shortened(rest)}"
    reader.report.error("F007", title, Span(key.span.source, at, at + 1), label="one text without it", helps=(help_,))


def _read_twiml(reader: Reader, element: Element, key: nodes.Scalar, value: nodes.Node, place: str) -> Verb | None:
    piece, extras = read_piece(reader, element, value, extras=EXTRAS)
    for rule in reader.vocabulary.rules:
        if rule.broken({element.name: 1}):
            title = f"Twilio knows `{element.name}` only inside another verb"
            reader.report.warning("L302", title, key.span, label=rule.fact)
    if not element.conduct.comes_back:
        for extra, (word, node) in extras.items():
            title = f"`{element.name}` does not come back, so it has no `{extra}`"
            helps = ("write a `branch` as the next instruction",) if extra == "branch" else ()
            reader.report.error("F110", title, word.span, helps=helps)
            reader.forgive(nodes.Mapping(((word, node),), word.span))
        return Verb(place, key.span, piece)
    exits: tuple[Exit, ...] = ()
    if "branch" in extras:
        exits = read_branch(reader, extras["branch"][1], place, element, read_block)
    save = read_save(reader, extras["save"][1], element) if "save" in extras else None
    secret = read_secret(reader, element, extras)
    if "branch" in extras or save is not None or secret:
        piece = _own_action(reader, piece, value, extras)
    retry = Retry()
    if element.name == "gather":
        written = extras["retry"][1] if "retry" in extras else None
        own: Mapping[str, object] = read_retry(reader, written, element) if written is not None else {}
        check_no_match(reader, exits, extras["branch"][1] if "branch" in extras else None, written)
        retry = make_retry({**reader.retry, **own})
        if element.class_name != "MessagingGather":  # what calls have
            piece = fill_gather(piece, exits, save is not None, reader.always)
    elif "retry" in extras:
        word = extras["retry"][0]
        reader.report.error("F110", f"only `gather` asks again; `{element.name}` has no `retry`", word.span)
    return Verb(place, key.span, piece, retry, secret, exits=exits, branches="branch" in extras, save=save)


def _own_action(reader: Reader, piece: Piece, value: nodes.Node, extras: Extras) -> Piece:
    """With `branch` or `save` the engine's own address is the action: one written is a mistake, one from the defaults gives way."""
    extra = next(name for name in ("branch", "save", "secret") if name in extras)
    for key, _ in value.entries if isinstance(value, nodes.Mapping) else ():
        if key.text in ("action", "method"):
            title = f"`{key.text}` may not stand beside `{extra}`"
            helps = (f"`{extra}` has the answer sent to the flow itself;\nleave `{key.text}` out",)
            reader.report.error("F110", title, key.span, helps=helps)
    kept = tuple((xml, given) for xml, given in piece.attributes if xml not in ("action", "method"))
    return replace(piece, attributes=kept) if kept != piece.attributes else piece
