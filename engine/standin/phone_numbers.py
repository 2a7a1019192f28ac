"""Whom a call or a message is from and to: phone numbers, clients, SIP addresses, channels."""

import re

_STRIPPED = str.maketrans("", "", " \t-.()/\u00a0")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_SHORT_CODE = re.compile(r"[0-9]{3,6}", re.ASCII)
_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 _&+-]{1,11}", re.ASCII)
CHANNELS = ("whatsapp", "messenger", "rcs")


def normal(text: str) -> str:
    """A phone number as Twilio writes it, E.164; "" for other text.

    Ten digits without a country are a number in the United States, as with Twilio. Numbers there have ten digits; only made-up ones that
    begin with +1555 may be shorter, because documentation writes them like that.
    """
    number = text.strip().translate(_STRIPPED)
    if re.fullmatch(r"[2-9][0-9]{9}", number, re.ASCII):
        number = f"+1{number}"
    elif re.fullmatch(r"1[2-9][0-9]{9}", number, re.ASCII):
        number = f"+{number}"
    if not _E164.fullmatch(number):
        return ""
    if number.startswith("+1") and not number.startswith("+1555") and len(number) != 12:
        return ""
    return number


def party(text: str) -> str:
    """The party of a call: a number in E.164, or `client:…` and `sip:…` as they are; "" if it is neither."""
    scheme, colon, rest = text.strip().partition(":")
    if colon and scheme.lower() in ("client", "sip", "sips"):
        return text.strip() if rest.strip() and len(rest) <= 256 else ""
    return normal(text)


def is_phone(text: str) -> bool:
    """Whether a party is a phone number."""
    return text.startswith("+")


def address(text: str) -> tuple[str, str]:
    """The channel ("" for text messages) and the number in E.164 of somebody who is texted; the number is "" if it cannot be read."""
    channel, colon, rest = text.strip().partition(":")
    if colon and channel.lower() in CHANNELS:
        number = rest.strip() if channel.lower() != "whatsapp" else normal(rest)
        return channel.lower(), number
    return "", normal(text)


def short_code(text: str) -> bool:
    """Whether it is a short code."""
    return _SHORT_CODE.fullmatch(text) is not None


def sender_name(text: str) -> bool:
    """Whether it is an alphanumeric sender ID, of up to 11 letters (Twilio, "Alphanumeric Sender ID")."""
    return _SENDER.fullmatch(text) is not None
