"""Reads blocks: the instructions of a step or of a tree, one verb each."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

from engine.document import nodes
from engine.grammar.names import NAMES
from engine.grammar.templates import Template, read_markup, read_template
from engine.grammar.verbs import ENGINE_VERBS, EXTRAS
from engine.grammar.vocabulary import MESSAGING, VOICE, Element
from engine.model.branches import fill_gather, read_branch, read_condition
from engine.model.elements import Extras, canonical, read_piece, read_plain
from engine.model.parts import (
    Assign,
    Block,
    Branch,
    Exit,
    Instruction,
    Log,
    Markup,
    Redirect,
    Retry,
    Return,
    Save,
    Target,
    ToUrl,
    Verb,
)
from engine.model.reader import Reader, first_line
from engine.model.retries import make_retry, read_retry
from engine.model.targets import read_target

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def read_block(reader: Reader, name: str, node: nodes.Node, place: str) -> Block:
    """The instructions at `node`; `name` is the step or branch key they belong to, `place` the path of the block in its step."""
    if not isinstance(node, nodes.Sequence):
        helps = ("put `- ` before each instruction, as in  - say: Hello",)
        reader.shape(name, "a list of instructions", node, *helps)
        return Block(place, (), node.span)
    read = []
    for number, item in enumerate(node.items):
        instruction = _read_instruction(reader, item, f"{place}.{number}" if place else str(number))
        if instruction is not None:
            read.append(instruction)
    return Block(place, tuple(read), node.span)


def _read_instruction(reader: Reader, node: nodes.Node, place: str) -> Instruction | None:
    if isinstance(node, nodes.Scalar) and not node.empty:
        return _read_verb(reader, node, nodes.Scalar("", node.span, False), place)
    if not isinstance(node, nodes.Mapping) or not node.entries:
        reader.shape("an instruction", "a verb, as in `say: Hello`", node)
        return None
    verbs = [
        (key, value)
        for key, value in node.entries
        if canonical(key.text) not in EXTRAS or canonical(key.text) == "branch"
    ]
    if len(node.entries) == 1:
        return _read_verb(reader, *node.entries[0], place)
    (first, _), (second, _) = verbs[0] if verbs else node.entries[0], node.entries[1]
    loose = next((key for key, _ in node.entries[1:] if canonical(key.text) in EXTRAS), None)
    owner = canonical(first.text)
    known = reader.vocabulary.children.get(owner)
    if loose is not None:
        title = f"`{loose.text}` stands beside `{owner}`, and belongs inside it"
        reader.report.error("F106", title, loose.span, helps=(f"indent `{loose.text}` two places more than `{owner}`",))
    elif known is not None and canonical(second.text) in known.attributes:
        title = f"`{second.text}` stands beside `{owner}`, and belongs inside it"
        reader.report.error(
            "F106", title, second.span, helps=(f"indent `{second.text}` two places more than `{owner}`",)
        )
    else:
        title = f"an instruction has one verb, and here are `{first.text}` and `{second.text}`"
        reader.report.error(
            "F106",
            title,
            second.span,
            label="a second verb",
            helps=(f"put `- ` before `{second.text}` to make it the next instruction",),
        )
    return None


def _read_verb(reader: Reader, key: nodes.Scalar, value: nodes.Node, place: str) -> Instruction | None:
    name = canonical(key.text)
    engine = ENGINE_VERBS.get(name)
    if (engine is not None and not engine.served) or (name == "gather" and reader.channel == "messaging"):
        what = "`gather` in a messaging flow" if name == "gather" else f"`{name}`"
        reader.report.error(
            "F107", f"{what} is not served yet by this version", key.span, helps=("leave it out for now",)
        )
        return None
    if engine is not None:
        return READERS[name](reader, place, value)
    element = reader.vocabulary.children.get(name)
    if element is not None:
        return _read_twiml(reader, element, key, value, place)
    other = MESSAGING if reader.channel == "voice" else VOICE
    if name in other.children:
        wanted = "messaging" if reader.channel == "voice" else "voice"
        title = f"`{name}` is a verb of {wanted}, and this flow's channel is {reader.channel}"
        helps = (
            ("a text from a call is sent with `sms`",)
            if name == "message"
            else (f"write  channel: {wanted}  at the top of the flow",)
        )
        reader.report.error("F108", title, key.span, helps=helps)
        return None
    if name in EXTRAS:
        reader.report.error(
            "F106",
            f"`{name}` is no instruction of its own",
            key.span,
            helps=(f"`{name}` belongs inside a verb, such as `gather`",),
        )
        return None
    parents = [parent.name for parent in reader.vocabulary.children.values() if name in parent.children]
    if parents:
        title = f"`{name}` stands inside {' or '.join(f'`{parent}`' for parent in parents)}, not by itself"
        reader.report.error("F108", title, key.span, helps=(f"write  {parents[0]}: {{{name}: …}}",))
        return None
    served = [verb for verb, word in ENGINE_VERBS.items() if word.served]
    reader.unknown(
        "there is no verb",
        key,
        (*reader.vocabulary.children, *served),
        helps=("`touchtone explain VERB` shows what a verb takes",),
    )
    return None


def _read_twiml(reader: Reader, element: Element, key: nodes.Scalar, value: nodes.Node, place: str) -> Verb | None:
    piece, extras = read_piece(reader, element, value, extras=EXTRAS)
    if piece is None:
        return None
    if not element.conduct.comes_back:
        for extra, (word, _) in extras.items():
            title = f"`{element.name}` does not come back, so it has no `{extra}`"
            reader.report.error(
                "F110",
                title,
                word.span,
                helps=("write a `branch` as the next instruction",) if extra == "branch" else (),
            )
        return Verb(place, key.span, piece)
    exits: tuple[Exit, ...] = ()
    if "branch" in extras:
        exits = read_branch(reader, extras["branch"][1], place, element, read_block)
    save = read_save(reader, extras["save"][1]) if "save" in extras else None
    if "branch" in extras or save is not None:
        piece = _own_action(reader, piece, value, extras)
    retry = Retry()
    if element.name == "gather":
        own = read_retry(reader, extras["retry"][1], element) if "retry" in extras else {}
        retry = make_retry({**reader.retry, **own})
        piece = fill_gather(piece, exits, save is not None)
    elif "retry" in extras:
        word = extras["retry"][0]
        reader.report.error("F110", f"only `gather` asks again; `{element.name}` has no `retry`", word.span, helps=())
    return Verb(place, key.span, piece, exits, "branch" in extras, save, retry)


def _own_action(reader: Reader, piece, value: nodes.Node, extras: Extras):  # type: ignore[no-untyped-def]
    """With `branch` or `save` the engine's own address is the action: one written is a mistake, one from the defaults gives way."""
    extra = "branch" if "branch" in extras else "save"
    for key, _ in value.entries if isinstance(value, nodes.Mapping) else ():
        if key.text in ("action", "method"):
            title = f"`{key.text}` may not stand beside `{extra}`"
            helps = (f"`{extra}` has the answer sent to the flow itself; leave `{key.text}` out",)
            reader.report.error("F110", title, key.span, helps=helps)
    kept = tuple((xml, given) for xml, given in piece.attributes if xml not in ("action", "method"))
    return type(piece)(piece.element, kept, piece.content, piece.span)


def read_save(reader: Reader, node: nodes.Node) -> Save | None:
    """`save: name`, or `save: {name: parameter}`; the names become variables of the flow."""
    if isinstance(node, nodes.Mapping):
        pairs: list[tuple[str, str]] = []
        for key, value in node.entries:
            parameter = reader.scalar(key.text, value, "the name of a parameter, such as `recording_url`")
            if reader.variable(key, NAMES) and parameter:
                pairs.append((key.text, parameter.text))
                reader.saved.setdefault(key.text, key.span)
        return Save("", tuple(pairs))
    scalar = reader.scalar(
        "save", node, "the name of a variable, or a mapping of names and parameters", "write  save: account"
    )
    if scalar is None or not reader.variable(scalar, NAMES):
        return None
    reader.saved.setdefault(scalar.text, scalar.span)
    return Save(scalar.text)


def _read_redirect(reader: Reader, place: str, node: nodes.Node) -> Redirect | None:
    target: Target | None
    if isinstance(node, nodes.Mapping):
        for key, _ in node.entries:
            if key.text not in ENGINE_VERBS["redirect"].keys:
                reader.unknown("`redirect` has no field", key, ENGINE_VERBS["redirect"].keys)
        url, method = node.get("url"), node.get("method")
        if url is None:
            reader.report.error(
                "F109",
                "`redirect` needs `url`",
                first_line(node.span),
                helps=("write  redirect: {url: https://…, method: GET}",),
            )
            return None
        target = read_target(reader, "url", url)
        attribute = reader.vocabulary.children["redirect"].attributes["method"]
        if method is not None and target is not None:
            scalar = reader.scalar("method", method, "GET or POST")
            read = attribute.field.read(scalar.text) if scalar else None
            if scalar and not isinstance(read, str | None):
                reader.wrong("method", read, scalar)
            elif isinstance(read, str) and isinstance(target, ToUrl):
                target = ToUrl(target.url, target.span, read)
    else:
        target = read_target(reader, "redirect", node)
    return Redirect(place, node.span, target) if target else None


def _read_branch(reader: Reader, place: str, node: nodes.Node) -> Branch:
    on = None
    if isinstance(node, nodes.Mapping):
        written = node.get("on")
        if written is not None:
            on = read_condition(reader, "on", written)
        else:
            title = "a branch by keys needs `on:`, the value that chooses"
            helps = ("write  on: call.from_country", "a branch by conditions is a list:  - when: …")
            reader.report.error("F109", title, first_line(node.span), helps=helps)
    return Branch(place, node.span, on, read_branch(reader, node, place, None, read_block))


def _read_set(reader: Reader, place: str, node: nodes.Node) -> Assign:
    values = []
    mapping = reader.mapping("set", node, "a mapping of variables and values", "write  set: {visits: 1}")
    for key, value in mapping.entries if mapping else ():
        if reader.variable(key, NAMES):
            reader.saved.setdefault(key.text, key.span)
            values.append((key.text, read_plain(reader, value)))
    return Assign(place, node.span, tuple(values))


def _read_log(reader: Reader, place: str, node: nodes.Node) -> Log | None:
    scalar = reader.scalar("log", node, "a text")
    text = read_template(scalar, reader.report) if scalar else None
    if isinstance(text, Template):
        reader.used.append(text)
    return Log(place, node.span, text) if text is not None else None


def _read_markup(reader: Reader, place: str, node: nodes.Node) -> Markup | None:
    scalar = reader.scalar("twiml", node, "a text: a TwiML fragment", "write  twiml: <Say>Hello</Say>")
    text = read_markup(scalar, reader.report) if scalar else None
    if scalar is None or text is None:
        return None
    if isinstance(text, Template):
        reader.used.append(text)
        if text.single:
            return Markup(place, node.span, text)
    try:
        ElementTree.fromstring(f"<Response>{_TEMPLATE.sub('x', scalar.text)}</Response>")
    except ElementTree.ParseError as error:
        title = f"this TwiML is not well-formed: {str(error).split(':')[0]}"
        reader.report.error(
            "F113", title, first_line(scalar.span), helps=("every element is closed, and `&` is written `&amp;`",)
        )
        return None
    return Markup(place, node.span, text)


def _read_return(reader: Reader, place: str, node: nodes.Node) -> Return:
    read_plain(reader, node)
    return Return(place, node.span)


READERS: dict[str, Callable[[Reader, str, nodes.Node], Instruction | None]] = {
    "redirect": _read_redirect,
    "branch": _read_branch,
    "set": _read_set,
    "log": _read_log,
    "twiml": _read_markup,
    "return": _read_return,
}
