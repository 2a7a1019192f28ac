"""Knows who can be called and texted, and how a number is written for it."""

import re
from typing import Literal

Channel = Literal["voice", "messaging"]

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)  # ITU-T E.164: at most 15 digits
_SHORT = re.compile(r"\d{3,6}", re.ASCII)  # a short code, which texts can be sent from
_CLIENT = re.compile(r"client:[^\s\x00-\x1f]{1,256}")
_SIP = re.compile(r"sips?:[^\s@]+@[^\s@]+")
_SENDER = re.compile(r"[A-Za-z0-9+&_ -]{1,11}")  # Twilio, "Alphanumeric Sender ID"
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")  # a messaging service, which sends from a number of its own
_MESSAGING = re.compile(r"(whatsapp|messenger|rcs):\S+")
_WRITTEN = re.compile(r"[\s\d()./+\u2010-\u2015-]+")  # a phone number as people write it


def recipient_fault(to: str, channel: Channel) -> str:
    """What is wrong with whom to call or text, in one sentence with the fix; "" if nothing is.

    A call goes to a number in E.164 form, a `client:` of the Voice SDK or a `sip:` address; a message to a number, or to one with
    the prefix of another channel, such as `whatsapp:+15550101`.
    """
    others = (_CLIENT, _SIP) if channel == "voice" else (_MESSAGING,)
    if _E164.fullmatch(to) or any(form.fullmatch(to) for form in others):
        return ""
    forms = "client:NAME, or sip:NAME@HOST" if channel == "voice" else "whatsapp:+15550100"
    return f"cannot {'call' if channel == 'voice' else 'text'} `{to}`: {_fix(to, forms)}"


def sender_fault(from_: str, channel: Channel) -> str:
    """The same of the number that a call or message comes from."""
    others = (_CLIENT, _SIP) if channel == "voice" else (_MESSAGING, _SHORT, _SENDER)
    if _E164.fullmatch(from_) or (not _resembles_number(from_) and any(form.fullmatch(from_) for form in others)):
        return ""
    if channel == "messaging" and (_SHORT.fullmatch(from_) or _SERVICE.fullmatch(from_)):
        return ""
    return f"cannot {'call' if channel == 'voice' else 'text'} from `{from_}`: {_fix(from_, '')}"


def _fix(number: str, others: str) -> str:
    digits = re.sub(r"\D", "", number, flags=re.ASCII)
    looks = _resembles_number(number) and digits
    written = f"write it as {_e164(number, digits)}" if looks else "write a number as +15550100"
    return f"{written}: a plus, the country code and the number, nothing else" + (f" (or {others})" if others else "")


def _resembles_number(text: str) -> bool:
    return _WRITTEN.fullmatch(text) is not None and any(sign.isdigit() for sign in text)


def _e164(number: str, digits: str) -> str:
    """The number as it is probably meant: of ten digits, and of eleven that begin with 1, one of North America."""
    meant = ""
    if number.strip().startswith("+") or (len(digits) == 11 and digits.startswith("1")):
        meant = f"+{digits}"
    elif digits.startswith("00"):
        meant = f"+{digits[2:]}"
    if _E164.fullmatch(meant):
        return meant
    if not meant and len(digits) == 10 and digits[0] in "23456789":
        return f"+1{digits} (in the US and Canada)"
    return "+15550100"
