"""Checks what is dialled: one phone number in each place, and nothing that cannot be one."""

import re

from engine.document import nodes
from engine.grammar.vocabulary import Element
from engine.model.reading.reader import Reader, shortened

_NUMBER = re.compile(r"""["']?(\+?[0-9][0-9 ().-]*[0-9])["']?""")
_ADDRESS = re.compile(r"(?:sips?|client|whatsapp|tel):", re.IGNORECASE)


def check_number(reader: Reader, element: Element, name: str, scalar: nodes.Scalar) -> bool:
    """Whether the text may be dialled; several numbers in one text are an error (F103), a word is a doubt (L404)."""
    text = scalar.text.strip()
    if _ADDRESS.match(text):
        return True
    if "," in text or ";" in text or any(quote in text for quote in "'\""):
        several = _NUMBER.findall(text)
        shown = ", ".join(f'"{number}"' for number in several or ["+15550100"])
        fixed = f"{name}: {shown}"
        if len(several) > 1:
            fixed = f"dial: {{number: [{shown}]}}" if name == "dial" else f"number: [{shown}]"
        label = "several in one text" if len(several) > 1 else "quotes or commas in it"
        reader.report.error(
            "F103", f"`{name}` must be one phone number", scalar.span, label=label, helps=(f"write  {fixed}",)
        )
        return False
    if not any(sign.isdigit() for sign in text) or any(sign.isalpha() for sign in text):
        title = f"`{shortened(text)}` is no phone number"
        helps = [f'numbers are written in full (E.164):  {name}: "+15550100"']
        if re.fullmatch(r"[A-Za-z][\w.-]*", text):
            helps.append(f"a client of the Voice SDK is dialled with  dial: {{client: {text}}}")
        reader.report.warning("L404", title, scalar.span, helps=helps)
    return True
