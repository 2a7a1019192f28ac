"""Reads targets: where a call goes on, as a step, another flow, a URL, or one of the words."""

import re

from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.document.layout import quote
from engine.grammar.channels import CHANNELS
from engine.grammar.fields import Address, Wrong
from engine.grammar.templates import read_url_template
from engine.grammar.verbs import TARGET_WORDS
from engine.model.parts import Target, ToStep, ToUrl, ToWord
from engine.model.reading.reader import NAME, Reader, bare, first_line, folded, pasted, shortened

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NUMBER = re.compile(r"\+?[0-9][0-9 ().-]{4,}")
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(:[0-9]+)?(/.*)?")
_ANYWHERE = Address("action")
_WANTED = "a step, `flow/step`, `flow/` or a URL"


def read_target(reader: Reader, name: str, node: nodes.Node, field: Address = _ANYWHERE) -> Target | None:
    """The target written at `name`; None if it cannot be one, which is reported. Whether it exists is the linker's question."""
    scalar = reader.scalar(name, node, _WANTED)
    if scalar is None:
        return None
    text = read_url_template(scalar, reader.report)
    if text is None:
        return None
    if not isinstance(text, str):
        reader.used.append(text)
        literal = scalar.text.split("{", 1)[0]
        if literal and not literal.startswith(("http://", "https://", "/", "./", "../")):
            helps = ("a template cannot name a step; among steps chooses\nbranch: {on: …, 1: sales, else: menu}",)
            title = "a templated target must come out as a URL"
            reader.report.error("F203", title, scalar.span, label=f"begins with `{shortened(literal)}`", helps=helps)
            return None
        return ToUrl(text, scalar.span)
    text = text.strip()
    if text in TARGET_WORDS:
        return ToWord(text, scalar.span)
    if text.startswith(("/", "./", "../")) or SCHEME.match(text):
        return _read_url(reader, name, scalar, text, field)
    flow, slash, step = text.partition("/")
    if not slash:
        flow, step = "", text
    if (flow or step) and all(not part or NAME.fullmatch(part) for part in (flow, step)):
        return ToStep(flow, step, scalar.span)
    if bare(text) not in map(bare, reader.misnamed):
        _no_target(reader, name, scalar, text, field)
    return None


def _read_url(reader: Reader, name: str, scalar: nodes.Scalar, text: str, field: Address) -> ToUrl | None:
    scheme = SCHEME.match(text)
    if scheme and not text.startswith("//", scheme.end()):
        title = f"`{scheme.group()}` is not an address that Twilio can ask"
        reader.report.error("F203", title, scalar.span, helps=("write a URL that begins with https://",))
        return None
    read = field.read(text)
    if isinstance(read, Wrong):
        reader.wrong(name, read, scalar)
        return None
    return ToUrl(read, scalar.span)


def _no_target(reader: Reader, name: str, scalar: nodes.Scalar, text: str, field: Address) -> None:
    close = None if reader.report.many("F203") else nearest(text, [*reader.steps, *TARGET_WORDS])
    label = f"did you mean `{close}`?" if close else ""
    helps: tuple[str, ...]
    if _NUMBER.fullmatch(text):
        helps = (f'to call a number write  dial: "{text}"',)
    elif " " in text and not close and field is _ANYWHERE and name not in ("redirect", "url", "on_error", "start"):
        said = pasted(text) if not set(text) & set(",[]{}") else quote(text)
        spoken = CHANNELS[reader.channel].says
        label = "a text is no target"
        helps = (f"write  {name}: [{{{spoken}: {said if len(said) < 50 else '…'}}}]",)
    elif _HOST.fullmatch(text):
        helps = (f"write  {name}: {pasted('https://' + text)}",)
    else:
        kinds = folded("a target is a step (`menu`), a flow's step (`billing/welcome`), a flow (`billing/`) or a URL")
        helps = () if close else (kinds,)
    reader.report.error(
        "F203", f"`{shortened(text)}` is not a target", first_line(scalar.span), label=label, helps=helps
    )
