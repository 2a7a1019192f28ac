"""The phone numbers of a Twilio account: what each points at, and how it is pointed at a flow.

Twilio, "IncomingPhoneNumber resource".
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine.account.destinations import (
    CARRIED,
    CHANNELS,
    PREFIX,
    VOICE,
    has_login,
    is_unset,
    place_of,
    shown_url,
)
from engine.account.entry import entry_url
from engine.account.errors import sid_of
from engine.grammar.fields.phone import E164, international

if TYPE_CHECKING:
    from twilio.rest import Client

MOST = 1000  # numbers that are listed
SHOWN = 5  # numbers that an error names

FIELDS = (
    "voice_url",
    "voice_method",
    "voice_fallback_url",
    "voice_fallback_method",
    "voice_application_sid",
    "sms_url",
    "sms_method",
    "sms_fallback_url",
    "sms_fallback_method",
    "sms_application_sid",
    "trunk_sid",
    "status_callback",
    "status_callback_method",
)
"""What decides where calls and messages go, by the library's names."""


class NumberError(Exception):
    """A number that cannot be used as asked: one sentence that says why, and a line that says what to do."""


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number of the account.

    `settings` holds FIELDS, "" for what is not set; `lacks` the channels that it cannot serve, as Twilio says.
    """

    sid: str
    number: str
    name: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        """One of FIELDS."""
        return self.settings.get(name, "")

    def changed(self, wanted: Mapping[str, str]) -> "Number":
        """The number as it is once `wanted` is set."""
        return Number(self.sid, self.number, self.name, {**self.settings, **wanted}, self.lacks)

    def address(self, channel: str) -> str:
        """The URL of a channel, "" if another setting overrides it or none is set."""
        return "" if self.overridden(channel) else self.get(f"{PREFIX[channel]}_url")

    def overridden(self, channel: str) -> str:
        """What makes Twilio ignore the URL of a channel: "trunk TK…", "app AP…", or ""."""
        if channel == VOICE and (trunk := self.get("trunk_sid")):
            return f"trunk {trunk}"
        app = self.get(f"{PREFIX[channel]}_application_sid")
        return f"app {app}" if app else ""

    def destination(self, channel: str, public_url: str, apps: Mapping[str, str] = MappingProxyType({})) -> str:
        """Where a channel goes, in a few words: "flow clinic", an address, "app …", "trunk …"; "–" for nowhere.

        `apps` are the names of TwiML Apps by SID.
        """
        if other := self.overridden(channel):
            kind, _, sid = other.partition(" ")
            return f"{kind} {apps.get(sid) or sid}"
        return described(self.get(f"{PREFIX[channel]}_url"), public_url)


def described(url: str, public_url: str) -> str:
    """An address in a few words: the flow that it names below `public_url`, "Twilio's demo", the address, or "–"."""
    if not url:
        return "–"
    if is_unset(url):
        return "Twilio's demo"
    place = place_of(url, public_url)
    return str(place) if place else shown_url(url)


def list_numbers(client: "Client") -> tuple[Number, ...]:
    """The numbers of the account, in the order of their digits, at most MOST. Raises what the `twilio` client raises."""
    found = (_read(one) for one in client.incoming_phone_numbers.list(limit=MOST))
    return tuple(sorted(found, key=lambda one: one.number))


def update_number(client: "Client", number: Number, wanted: Mapping[str, str]) -> Number:
    """Sets some of FIELDS; the number as Twilio has it then. Raises what the `twilio` client raises."""
    options: dict[str, Any] = dict(wanted)
    return _read(client.incoming_phone_numbers(number.sid).update(**options))


def find_number(numbers: Iterable[Number], text: str) -> Number:
    """The number that a text names, in E.164 or as a person writes it; raises NumberError for one that the account does not have."""
    wanted = phone_number(text)
    known = {one.number: one for one in numbers}
    if wanted in known:
        return known[wanted]
    if not known:
        raise NumberError(f"{wanted} is not a number of this account\n  it has none: buy one in the Twilio Console")
    some = ", ".join(list(known)[:SHOWN])
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    raise NumberError(f"{wanted} is not a number of this account\n  it has {some}{more}")


def phone_number(text: str) -> str:
    """The number in E.164 that a text means; raises NumberError if it means none."""
    word = text.strip()
    if E164.fullmatch(word):
        return word
    if found := international(word):
        return found
    raise NumberError(f"`{text[:40]}` is not a phone number\n  write it with + and its country code, such as +15550100")


def pointed(
    public_url: str,
    flow: str,
    channels: Collection[str],
    status: str = "",
    query: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The settings that send the channels to a flow, under a `query`, by POST, and take away what would override them.

    The fallback URL is the same address: the flow knows a call by its CallSid and a message by its MessageSid, so where an answer was
    lost it goes on, and nothing happens twice. `status` is the address that is told when a call has ended; "" leaves the status callback as
    it is.
    """
    wanted: dict[str, str] = {}
    for channel in CHANNELS:
        if channel in channels:
            wanted |= _channel(PREFIX[channel], entry_url(public_url, flow, given=query))
            wanted[f"{PREFIX[channel]}_application_sid"] = ""
    if VOICE in channels:
        wanted["trunk_sid"] = ""
    if status:
        wanted |= {"status_callback": status, "status_callback_method": "POST"}
    return wanted


def app_settings(public_url: str, flow: str, channels: Collection[str]) -> dict[str, str]:
    """The settings of a TwiML App that runs a flow."""
    wanted: dict[str, str] = {}
    for channel in CHANNELS:
        if channel in channels:
            wanted |= _channel(PREFIX[channel], entry_url(public_url, flow))
    return wanted


def differing(number: Number, wanted: Mapping[str, str]) -> dict[str, str]:
    """What of `wanted` is not set that way yet."""
    return {name: value for name, value in wanted.items() if number.get(name) != value}


def objections(
    number: Number, wanted: Mapping[str, str], public_url: str, ours: Mapping[str, str] = MappingProxyType({})
) -> tuple[str, ...]:
    """What somebody else has set and `wanted` would replace, each in a few words.

    `ours` are addresses that were set from here earlier, by field: of a tunnel, which has another one each time.
    """
    found = []
    for channel in CHANNELS:
        name = f"{PREFIX[channel]}_url"
        if name not in wanted:
            continue
        what, url = CARRIED[channel], number.get(name)
        if other := number.overridden(channel):
            found.append(f"{what} go to the {other}")
        elif not is_unset(url) and not _is_ours(number, name, public_url, ours):
            lost = " (its login is not remembered)" if has_login(url) else ""
            found.append(f"{what} go to {shown_url(url)}{lost}")
    status = number.get("status_callback")
    if "status_callback" in wanted and status and not _is_ours(number, "status_callback", public_url, ours):
        found.append(f"call status goes to {shown_url(status)}")
    return tuple(dict.fromkeys(found))


def own_settings(number: Number, public_url: str, ours: Mapping[str, str]) -> frozenset[str]:
    """Those of FIELDS that were set from here: with a flow of ours, or one of the addresses that are `ours`."""
    found: set[str] = set()
    for channel in CHANNELS:
        if not number.overridden(channel) and _is_ours(number, f"{PREFIX[channel]}_url", public_url, ours):
            found |= {name for name in FIELDS if name.startswith(PREFIX[channel])}
            found |= {"trunk_sid"} if channel == VOICE else set()
    if _is_ours(number, "status_callback", public_url, ours):
        found |= {"status_callback", "status_callback_method"}
    return frozenset(found)


def addresses_of(wanted: Mapping[str, str]) -> dict[str, str]:
    """The addresses among settings, by field."""
    return {name: wanted[name] for name in ("voice_url", "sms_url", "status_callback") if wanted.get(name)}


def _is_ours(number: Number, name: str, public_url: str, ours: Mapping[str, str]) -> bool:
    url = number.get(name)
    return bool(url) and (place_of(url, public_url) is not None or url == ours.get(name))


def _channel(prefix: str, url: str) -> dict[str, str]:
    return {
        f"{prefix}_url": url,
        f"{prefix}_method": "POST",
        f"{prefix}_fallback_url": url,
        f"{prefix}_fallback_method": "POST",
    }


def _read(found: Any) -> Number:
    able = found.capabilities or {}
    able = able if isinstance(able, Mapping) else getattr(able, "__dict__", {})
    lacks = tuple(one for one in CHANNELS if able.get(PREFIX[one]) is False)
    settings = {name: str(getattr(found, name, None) or "") for name in FIELDS}
    return Number(sid_of(found), str(found.phone_number or ""), str(found.friendly_name or ""), settings, lacks)
