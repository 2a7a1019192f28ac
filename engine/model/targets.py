"""Reads targets: where a call goes on, as a step, another flow, a URL, or one of the words."""

import re

from engine.document import nodes
from engine.grammar.templates import read_template
from engine.grammar.verbs import TARGET_WORDS
from engine.model.parts import Target, ToStep, ToUrl, ToWord
from engine.model.reader import NAME, Reader

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def read_target(reader: Reader, name: str, node: nodes.Node) -> Target | None:
    """The target written at `name`; None if it cannot be one, which is reported. Whether it exists is the linker's question."""
    scalar = reader.scalar(name, node, "a target: a step, `flow/step`, `flow/` or a URL")
    if scalar is None:
        return None
    text = read_template(scalar, reader.report)
    if text is None:
        return None
    if not isinstance(text, str):
        reader.used.append(text)
        literal = scalar.text.split("{", 1)[0]
        if literal and not literal.startswith(("http://", "https://", "/", "./")):
            title = f"a templated target must come out as a URL, and `{scalar.text}` begins as none"
            helps = ("a template cannot name a step; choose among steps with `branch: {on: …}`",)
            reader.report.error("F203", title, scalar.span, helps=helps)
            return None
        return ToUrl(text, scalar.span)
    text = text.strip()
    if text in TARGET_WORDS:
        return ToWord(text, scalar.span)
    if text.startswith(("/", "./")) or _SCHEME.match(text):
        return read_url(reader, name, scalar, text)
    flow, slash, step = text.partition("/")
    if not slash:
        flow, step = "", text
    if (not flow and not step) or any(part and not NAME.fullmatch(part) for part in (flow, step)):
        title = f"`{text}` is not a target"
        helps = ("a target is a step (`menu`), another flow's step (`billing/welcome`), a flow (`billing/`) or a URL",)
        reader.report.error("F203", title, scalar.span, helps=helps)
        return None
    return ToStep(flow, step, scalar.span)


def read_url(reader: Reader, name: str, scalar: nodes.Scalar, text: str) -> ToUrl | None:
    """The URL in `text`, checked as far as it can be (Twilio error 11100): a known scheme, a host without `_`, no blanks."""
    problem = ""
    helps: tuple[str, ...] = ()
    if re.search(r"[\s<>\"]", text):
        problem = "a URL has no blanks, quotes or angle brackets"
    elif match := _SCHEME.match(text):
        host = text[match.end() :].lstrip("/").split("/")[0].split("?")[0]
        if match.group().lower() not in ("http:", "https:", "wss:", "ws:"):
            problem = f"`{match.group()}` is not an address that Twilio can ask"
            helps = ("write a URL that begins with https://",)
        elif not host:
            problem = "the URL has no host"
        elif "_" in host.rsplit("@")[-1]:
            problem, helps = "Twilio does not accept `_` in the name of a host", ("use `-`, or another name",)
    if problem:
        reader.report.error("F203", problem, scalar.span, label=f"in `{name}`", helps=helps)
        return None
    return ToUrl(text, scalar.span)
