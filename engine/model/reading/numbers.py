"""Checks phone numbers, the same wherever one is written: to dial, to show to the other side, to text, to text from."""

import re
from functools import lru_cache
from types import ModuleType

from engine.document import nodes
from engine.grammar.fields import Phone, Wrong
from engine.grammar.fields.phone import E164, EXAMPLE, international
from engine.model.reading.reader import Reader, folded, shortened

_NUMBER = re.compile(r"""["']?(\+?[0-9][0-9 ().-]*[0-9])["']?""")
_FICTIONAL = re.compile(r"\+1([0-9]{3})?555[0-9]*")
_EXTENSION = re.compile(r"(.*[0-9])[\s,;]*(?:x|ext\.?|extension|#|,+|;)[\s.:]*([0-9]{1,8})", re.IGNORECASE)


def check_number(reader: Reader, phone: Phone, name: str, scalar: nodes.Scalar) -> str | None:
    """The number written at `name`, or the address in its place; None if it cannot be one, which is reported (F103, F133).

    A number without its country, or with signs between its digits, is a hint (L310); so is one that the numbering plan
    of its country does not have (L311), where the library that knows those is installed.
    """
    text = scalar.text.strip()
    read = phone.read(text)
    if isinstance(read, Wrong):
        _refuse(reader, phone, name, scalar, read)
        return None
    if phone.is_loose(text):
        _doubt_form(reader, name, scalar)
    elif (number := E164.search(text)) and text in (number[0], f"whatsapp:{number[0]}"):
        _doubt_plan(reader, name, scalar, number[0])
    return read


def _refuse(reader: Reader, phone: Phone, name: str, scalar: nodes.Scalar, wrong: Wrong) -> None:
    text = scalar.text.strip()
    called = name in ("dial", "number", "phone_number")
    extension = _EXTENSION.fullmatch(text)
    if not extension and ("," in text or ";" in text or any(quote in text for quote in "'\"")):
        _refuse_several(reader, name, scalar)
        return
    meant = wrong.instead if wrong.instead and not wrong.instead.endswith(EXAMPLE) else ""
    helps = [f'write  {name}: "{meant}"' if meant else f'write it in E.164, as in  {name}: "{wrong.instead}"']
    if re.fullmatch(r"[A-Za-z][\w.-]*", text) and called:
        helps.append(f"a client of the Voice SDK is dialed with  dial: {{client: {text}}}")
    elif re.fullmatch(r"[^\s:@]+@[^\s:@]+", text) and called:
        helps = [f"a SIP address is dialed with  dial: {{sip: sip:{text}}}"]
    elif extension and called:
        number = international(extension[1]) or EXAMPLE
        helps = [
            f'an extension is pressed for the caller:\nnumber: {{phone_number: "{number}", send_digits: ww{extension[2]}}}'
        ]
    elif not phone.texts and text.lower().startswith("messenger:"):
        helps = ["the address of a channel for texts cannot be called"]
    digits = len(re.sub("[^0-9]", "", text))
    notes = ("a phone number has at most 15 digits",) if digits > 15 else ()
    if wrong.what.startswith("must have"):
        notes = (folded(f"`{name}` {wrong.what}"),)
    title = f"`{shortened(text)}` is not a phone number"
    reader.report.error("F133", title, scalar.span, notes=notes, helps=helps)


def _refuse_several(reader: Reader, name: str, scalar: nodes.Scalar) -> None:
    several = _NUMBER.findall(scalar.text)
    shown = ", ".join(f'"{number}"' for number in several or [EXAMPLE])
    fixed = f"{name}: {shown}"
    if len(several) > 1 and name in ("dial", "number", "phone_number"):
        fixed = f"dial: {{number: [{shown}]}}" if name == "dial" else f"number: [{shown}]"
    elif len(several) > 1:
        fixed = f'{name}: "{several[0]}"'
    label = "several in one text" if len(several) > 1 else "quotes or commas in it"
    title = f"`{name}` must be one phone number"
    reader.report.error("F103", title, scalar.span, label=label, helps=(f"write  {fixed}",))


def _doubt_form(reader: Reader, name: str, scalar: nodes.Scalar) -> None:
    text = scalar.text.strip()
    fixed = international(text)
    foreign = text.startswith("+") or re.match(r"00|011", re.sub("[^0-9]", "", text)) is not None
    label = "" if foreign else "no country code"
    helps = (
        (f'write  {name}: "{fixed}"',)
        if fixed
        else (
            folded(
                'write it with `+` and its country code, as in +44 20 7946 0018 without the spaces: "+442079460018"'
            ),
        )
    )
    title = f"`{shortened(text)}` is not written in E.164"
    reader.report.hint("L310", title, scalar.span, label=label, helps=helps)


def _doubt_plan(reader: Reader, name: str, scalar: nodes.Scalar, number: str) -> None:
    """Tells of a number that cannot exist by its length, or for want of such a country. Those for films and manuals are left alone."""
    if not _FICTIONAL.match(number) and (why := _impossible(number)):
        title = f"`{number}` cannot be a phone number: {why}"
        reader.report.hint("L311", title, scalar.span, helps=("compare it with the number you were given",))


@lru_cache(maxsize=1024)
def _impossible(number: str) -> str:
    """Why no country has the number; "" if one may, or nobody knows."""
    plans = _plans()
    if plans is None:
        return ""
    try:
        reason = plans.is_possible_number_with_reason(plans.parse(number))
    except plans.NumberParseException:
        return "no country has this code"
    known = plans.ValidationResult
    return {
        known.INVALID_COUNTRY_CODE: "no country has this code",
        known.TOO_SHORT: "it is too short",
        known.IS_POSSIBLE_LOCAL_ONLY: "its area code is missing",
        known.TOO_LONG: "it is too long",
        known.INVALID_LENGTH: "no number there has this length",
    }.get(reason, "")


def _plans() -> ModuleType | None:
    """The library that knows the numbering plans of all countries, where it is installed (`touchtone[phonenumbers]`)."""
    try:
        import phonenumbers
    except ImportError:
        return None
    return phonenumbers
