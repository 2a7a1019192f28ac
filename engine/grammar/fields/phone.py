"""The kind of value that is a phone number, or an address in place of one."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import ClassVar

from engine.grammar.fields.base import Schema, Wrong, either

E164 = re.compile(r"\+[1-9][0-9]{0,14}")  # ITU-T E.164: at most 15 digits, and no least number of them
EXAMPLE = "+15550100"
VOICE_SCHEMES = frozenset(("client", "sip", "sips", "tel", "whatsapp"))

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*):")
# A number with what people write between its digits. A slash parts the area code in Germany.
_WRITTEN = re.compile(r"\+?[ (]*[0-9][0-9 ()./-]*")
_FEATURE = re.compile(r"[*#][0-9*#]+|[0-9]{3}")  # a code of the network, such as *67, or 911
_SHORT_CODE = re.compile(r"[0-9]{3,8}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
# Twilio, "Alphanumeric Sender ID": up to 11 of these, at least one of them a letter
_SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")
# Twilio, TwiML <Dial> `callerId`: to a SIP address any of these without spaces
_CALLER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9+_.-]+")


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number in E.164, or in a form that a person can tell it from; or an address that can stand in its place.

    `texts`: it is texted, not called, so it may be the address of a channel (`whatsapp:+15550100`) or a short code.
    `sends`: it is what the text comes from, so it may be an alphanumeric sender or a messaging service.
    `calls`: it is dialed, so codes of the network (`*67`, `911`) may stand here. `named`: a name without spaces may too,
    beside the elements in `beside`.
    """

    texts: bool = False
    sends: bool = False
    calls: bool = False
    named: bool = False
    beside: tuple[str, ...] = ()

    join: ClassVar[str | None] = None

    def among(self, names: Collection[str]) -> "Phone":
        """The kind of value it is beside elements of these names."""
        return replace(self, named=self.named and any(name in self.beside for name in names))

    def read(self, text: str) -> str | Wrong:
        word = text.strip()
        if E164.fullmatch(word) or self._stands_for_number(word) or is_written(word):
            return word
        scheme = _SCHEME.match(word)
        if scheme and scheme[1].lower() == "whatsapp":
            meant = international(word[scheme.end() :])
            return Wrong("F133", "must have a number in E.164 after `whatsapp:`", f"whatsapp:{meant or EXAMPLE}")
        return Wrong("F133", f"must be a {self.describe()}", international(word) or EXAMPLE)

    def schema(self) -> Schema:
        return either({"type": "string", "pattern": r"\S"}, {"type": "number"})  # YAML types a plain +15550100

    def describe(self) -> str:
        if self.sends:
            return "phone number in E.164, a short code, a sender's name, or a channel's address"
        return "phone number in E.164, or a channel's address" if self.texts else "phone number in E.164"

    def _stands_for_number(self, word: str) -> bool:
        scheme = _SCHEME.match(word)
        if scheme:
            name, rest = scheme[1].lower(), word[scheme.end() :]
            if not rest.strip() or any(sign.isspace() for sign in rest):
                return False
            if name == "whatsapp":
                return E164.fullmatch(rest) is not None
            return name not in VOICE_SCHEMES if self.texts else name in VOICE_SCHEMES
        return bool(
            (self.texts and _SHORT_CODE.fullmatch(word))
            or (self.sends and (_SERVICE.fullmatch(word) or _SENDER_NAME.fullmatch(word)))
            or (self.calls and _FEATURE.fullmatch(word))
            or (self.named and _CALLER_NAME.fullmatch(word))
        )

    def is_loose(self, text: str) -> bool:
        """Whether the text is a number that is not written in E.164: without its country, or with signs between its digits."""
        word = text.strip()
        return not (E164.fullmatch(word) or self._stands_for_number(word)) and is_written(word)


def is_written(word: str) -> bool:
    """Whether a person can tell a phone number from the text, whatever stands between its digits."""
    plain = _plain(word)
    digits = _digits(plain)
    return bool(_WRITTEN.fullmatch(plain)) and 3 <= len(digits) <= 15 and not (plain[0] == "+" and digits[0] == "0")


def international(text: str) -> str:
    """The number in E.164 that a text certainly means; "" where the country cannot be told.

    Ten digits in the form of the North American plan are taken as such, as Twilio takes them.
    """
    word = _plain(text.strip())
    digits = _digits(word)
    if not _WRITTEN.fullmatch(word):
        return ""
    if word.startswith("+"):
        found = f"+{digits}"
    elif digits.startswith("00"):
        found = f"+{digits[2:]}"
    elif digits.startswith("011") and len(digits) > 11:  # what is dialed in North America for another country
        found = f"+{digits[3:]}"
    elif re.fullmatch(r"1?[2-9][0-9]{2}[2-9][0-9]{6}", digits):
        found = f"+1{digits[-10:]}"
    else:
        found = ""
    return found if E164.fullmatch(found) else ""


def _plain(word: str) -> str:
    """The text with signs of ASCII: contacts and web pages have their own spaces, hyphens, plus signs and invisible marks."""
    folded = unicodedata.normalize("NFKC", word)
    signs = (
        ("-" if unicodedata.category(sign) == "Pd" else sign) for sign in folded if unicodedata.category(sign) != "Cf"
    )
    return " ".join("".join(signs).replace("\u2212", "-").split())


def _digits(word: str) -> str:
    within = word.replace("(0)", "") if word.startswith(("+", "00")) else word  # +44 (0)20 …: not dialed from abroad
    return re.sub(r"[^0-9]", "", within)
