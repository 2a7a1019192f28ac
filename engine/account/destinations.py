"""Where a phone number or a TwiML App sends its calls and messages, in the words of the person who set it."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

VOICE = "voice"
MESSAGING = "messaging"
CHANNELS = (VOICE, MESSAGING)

PREFIX: Mapping[str, str] = {VOICE: "voice", MESSAGING: "sms"}
"""The channel of a flow -> how the fields of Twilio's resources for it begin: `voice_url`, `sms_url`."""

CARRIED: Mapping[str, str] = {VOICE: "calls", MESSAGING: "messages"}
"""The channel of a flow -> what comes by it, for people."""

DEMO = "demo.twilio.com"  # what a number that was just bought points at
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class FlowPlace:
    """A flow of ours that an address names, and its step, "" for the entry."""

    flow: str
    step: str = ""

    def __str__(self) -> str:
        return f"flow {self.flow}/{self.step}" if self.step else f"flow {self.flow}"


def place_of(url: str, public_url: str) -> FlowPlace | None:
    """The flow that an address names below our public one; None for any other address."""
    found, ours = _split(url), _split(public_url)
    if found is None or ours is None or not public_url or _origin(found) != _origin(ours):
        return None
    folder = f"{ours.path.rstrip('/')}/flows/"
    if not found.path.startswith(folder):
        return None
    flow, _, step = unquote(found.path.removeprefix(folder)).rstrip("/").partition("/")
    return FlowPlace(flow, step) if flow else None


def old_place_of(url: str) -> FlowPlace | None:
    """The flow that an address would name if its host were ours: `https://…/flows/clinic`; None for an address of another form."""
    found = _split(url)
    if found is None or "/flows/" not in found.path:
        return None
    flow, _, step = unquote(found.path.rpartition("/flows/")[2]).rstrip("/").partition("/")
    return FlowPlace(flow, step) if flow and "/" not in step else None


def is_unset(url: str) -> bool:
    """Whether nobody has set this address: it is empty, or Twilio's own demo."""
    found = _split(url)
    return not url or (found is not None and found.hostname == DEMO)


def has_login(url: str) -> bool:
    """Whether the address holds a user name, and perhaps a password."""
    return "@" in url.partition("://")[2].partition("/")[0].partition("?")[0]


def without_login(url: str) -> str:
    """The address without user name and password."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else url


def shown_url(url: str) -> str:
    """The address as it may be printed: without user name and password, and of the query only that there is one."""
    before, mark, _ = without_login(url).partition("?")
    before = "".join(sign if sign.isprintable() else "?" for sign in before)
    return f"{before}?…" if mark else before


def _split(url: str) -> SplitResult | None:
    try:
        found = urlsplit(url)
        _ = found.port
    except ValueError:
        return None
    return found


def _origin(url: SplitResult) -> tuple[str, str, int | None]:
    return url.scheme.lower(), (url.hostname or "").lower(), url.port or _PORTS.get(url.scheme.lower())
