"""Examines what a server needs of its Twilio account: the login, the clock, the numbers, and the public address."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from engine.account.apps import App, list_apps
from engine.account.callers import VerifiedNumber, list_callers
from engine.account.client import Credentials
from engine.account.destinations import CARRIED, CHANNELS, MESSAGING, VOICE, FlowPlace, old_place_of, place_of
from engine.account.errors import explain, fix_at
from engine.account.fetching import FetchError
from engine.account.findings import Finding, error, ok, warning
from engine.account.numbers import Number, list_numbers
from engine.account.roundtrip import Ask, fix_of, round_trip, said, signers
from engine.grammar.fields.phone import E164
from engine.grammar.hosts import inward
from engine.server.settings import Settings

if TYPE_CHECKING:
    from twilio.rest import Client

SKEW = 5.0  # seconds that two clocks may differ
_API = "https://api.twilio.com/2010-04-01/Accounts"


class ServedFlow(Protocol):
    """What is known of a flow: the channels that it serves, and its steps by name."""

    @property
    def channels(self) -> Collection[str]: ...

    @property
    def steps(self) -> Mapping[str, object]: ...


Flows = Mapping[str, ServedFlow]
Open = Callable[[Credentials], "Client"]
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the account says of itself, as far as it answers."""

    findings: tuple[Finding, ...]
    client: "Client | None" = None
    trial: bool = False


def examine_account(settings: Settings, open_as: Open, clock: Clock) -> AccountFacts:
    """Whether the account exists and each token and API key of it is right; the clock; and a client for what else is asked."""
    sid = settings.account_sid
    if not sid:
        fix = "write TWILIO_ACCOUNT_SID=AC… and TWILIO_AUTH_TOKEN=… into .env; both are in the Twilio Console"
        return AccountFacts((error("account", "TWILIO_ACCOUNT_SID is not set", fix),))
    found: list[Finding] = []
    times: list[Finding] = []
    client, account = None, None
    count = len(settings.tokens)
    for number, token in enumerate(settings.tokens, start=1):
        name = "TWILIO_AUTH_TOKEN" if count == 1 else f"token {number} of {count}"
        one = open_as(Credentials(sid, token))
        try:
            began = clock()
            answer = one.request("GET", f"{_API}/{sid}.json")
            ended = clock()
            told = one.api.v2010.accounts(sid).fetch()
        except Exception as fault:
            found.append(_refused(name, fault, settings.twilio_api, first=number == 1))
            continue
        if client is None:
            client, account = one, told
            found.append(_described(told, settings.twilio_api))
            times = _clock(answer, began, ended)
        if count > 1:
            found.append(ok("account", f"{name} is right"))
    if settings.api_key:
        one = open_as(Credentials(sid, "", settings.api_key, settings.api_secret))
        try:
            one.incoming_phone_numbers.list(limit=1)
            found.append(ok("account", f"the API key {settings.api_key} is right"))
            client = client or one
        except Exception as fault:
            problem = explain(fault)
            fix = "make a new one in the Twilio Console, or remove TWILIO_API_KEY and TWILIO_API_SECRET"
            found.append(error("account", f"the API key {settings.api_key}: {problem.sentence}", fix))
    if not settings.tokens and not settings.shared_keys:
        fix = "write the auth token of the account into .env as TWILIO_AUTH_TOKEN"
        found.append(error("account", "TWILIO_AUTH_TOKEN is not set: no signature can be checked", fix))
    trial = getattr(account, "type", "") == "Trial"
    return AccountFacts((*found, *times), client, trial)


def examine_trial(client: "Client") -> tuple[Finding, ...]:
    """What a trial account cannot do."""
    try:
        callers = list_callers(client)
    except Exception as fault:
        return (error("trial", f"verified numbers: {explain(fault).sentence}"),)
    known = ", ".join(one.number for one in callers[:5]) + (", …" if len(callers) > 5 else "")
    return (
        warning(
            "trial",
            "a trial account: callers hear a notice of Twilio's first and press a key, and it calls and texts verified numbers only",
            "verify a number with `touchtone numbers verify NUMBER`, or upgrade the account",
            f"verified: {known or 'none'}",
        ),
    )


def examine_numbers(client: "Client", settings: Settings, public_url: str, flows: Flows | None) -> tuple[Finding, ...]:
    """Where the numbers go, and whether TOUCHTONE_FROM is one of them. `flows` are those of the folder here, None if it cannot be read."""
    try:
        numbers = list_numbers(client)
        callers = list_callers(client) if settings.from_ else ()
    except Exception as fault:
        problem = explain(fault)
        return (error("numbers", problem.sentence, problem.fix),)
    found = [finding for number in numbers for finding in _number(number, public_url, flows)]
    if not numbers:
        found.append(warning("numbers", "the account has no phone numbers", "buy one in the Twilio Console"))
    elif public_url and not any(place_of(one.address(channel), public_url) for one in numbers for channel in CHANNELS):
        found.append(
            warning(
                "numbers", "no number goes to a flow here", f"touchtone numbers point {numbers[0].number} FLOW"
            )
        )  # fmt: skip
    found += _sender(settings.from_, numbers, callers)
    return tuple(found)


def examine_apps(client: "Client", settings: Settings, public_url: str, flows: Flows | None) -> tuple[Finding, ...]:
    """Whether the TwiML Apps that were made here, or that TOUCHTONE_APPS names, go to flows that exist; nothing of other apps."""
    try:
        apps = list_apps(client, public_url=public_url)
    except Exception as fault:
        problem = explain(fault)
        return (error("apps", problem.sentence, problem.fix),)
    found: list[Finding] = []
    for app in apps:
        for channel, url in ((VOICE, app.voice_url), (MESSAGING, app.sms_url)):
            place = place_of(url, public_url)
            what = f"the app `{app.name}` sends {CARRIED[channel]} to"
            if place is not None and (why := _missing(place, flows) or _unserved(place, channel, flows)):
                found.append(error("apps", f"{what} {place}: {why}", f"touchtone numbers app {app.name}"))
            elif place is None and public_url and old_place_of(url) == FlowPlace(app.name):
                where = f"{urlsplit(url).scheme}://{urlsplit(url).hostname}"
                text = f"{what} flow {app.name} at {where}, not at {public_url}"
                found.append(warning("apps", text, f"touchtone numbers app {app.name}"))
    known = {app.sid for app in apps}
    for flow, sid in settings.apps.items():
        if sid not in known:
            fix = f"touchtone numbers app {flow or 'FLOW'}"
            found.append(error("apps", f"TOUCHTONE_APPS names {sid}, which is not an app of this account", fix))
    if not found and (
        ours := [app.name for app in apps if app.sid in settings.apps.values() or _runs(app, public_url)]
    ):
        found.append(ok("apps", f"{', '.join(ours)}: right"))
    return tuple(found)


def examine_address(settings: Settings, public_url: str, ask: Ask, clock: Clock) -> tuple[Finding, ...]:
    """Whether the public address leads to the server, and requests that are signed as Twilio signs are accepted there."""
    if not public_url:
        fix = "write the address that Twilio sees, such as TOUCHTONE_PUBLIC_URL=https://example.com"
        return (warning("public URL", "TOUCHTONE_PUBLIC_URL is not set", fix),)
    parts = urlsplit(public_url)
    found: list[Finding] = []
    inside = inward(parts.hostname or "")
    if inside and not settings.twilio_api:
        fix = "write the address that the internet sees, of a tunnel or a proxy"
        found.append(warning("public URL", f"{public_url} is {inside}, which Twilio cannot reach", fix))
    elif parts.scheme == "http" and not inside:
        fix = "serve it by https, and write that as TOUCHTONE_PUBLIC_URL"
        found.append(warning("public URL", f"{public_url} is not encrypted: what callers say can be read", fix))
    try:
        answer = ask("GET", f"{public_url}/readyz")
    except FetchError as fault:
        return (*found, error("public URL", f"{public_url} cannot be reached: {fault}", _unreachable(fault)))
    words = answer.body[:200].decode("utf-8", "replace").strip()
    if answer.status == 503 and words.startswith("not ready"):
        return (*found, error("public URL", f"{public_url} is {words}", "check the log of the server"))
    if answer.status != 200 or words != "ok":
        return (*found, error("public URL", f"{public_url}: {said(answer)}", fix_of(answer)))
    found.append(ok("public URL", f"{public_url} answers"))
    for signer in signers(settings):
        finding = round_trip(public_url, signer, ask, int(clock().timestamp()))
        if finding.fix and any(one.fix == finding.fix and one.details == finding.details for one in found):
            finding = replace(finding, fix="", details=())  # said already
        found.append(finding)
    return tuple(found)


def _unreachable(fault: FetchError) -> str:
    return {
        FetchError.NAME: "check the name, and that it is known to the DNS",
        FetchError.PRIVATE: "write an address of the internet: Twilio cannot reach this one",
        FetchError.CERTIFICATE: "serve the whole chain of a certificate that is valid for this host",
        FetchError.TLS: "check that the server or proxy speaks https on this port",
        FetchError.TIMEOUT: "check the firewall, and that the server runs",
    }.get(fault.kind, "start the server, or point the proxy or tunnel at its port")


def _refused(name: str, fault: Exception, api: str, *, first: bool) -> Finding:
    problem = explain(fault)
    fix = fix_at(api, problem)
    if problem.status == 401:
        text = f"{name} is not accepted: {problem.sentence}"
        # A token that was replaced may stand there for a while, so that what was signed with it before is accepted.
        return error("account", text, fix) if first else warning("account", text, "remove it if it is an old one")
    return error("account", problem.sentence, fix)


def _described(account: Any, api: str) -> Finding:
    status = str(account.status or "active")
    name = f"{account.sid}, {account.friendly_name}" if account.friendly_name else str(account.sid)
    if status != "active":
        return error("account", f"{name}: {status}", "see the Twilio Console")
    return ok("account", f"{name} (the stand-in at {api})" if api else name)


def _clock(answer: Any, began: datetime, ended: datetime) -> list[Finding]:
    headers = {str(name).lower(): value for name, value in (answer.headers or {}).items()}
    try:
        theirs = parsedate_to_datetime(str(headers["date"]))
        # Their clock was in this second when ours was somewhere between question and answer.
        least = (theirs - ended).total_seconds()
        most = (theirs - began).total_seconds() + 1
    except (KeyError, ValueError, TypeError):
        return []
    skew = max(least, 0.0) + min(most, 0.0)
    if abs(skew) <= SKEW:
        return [ok("clock", "as Twilio's")]
    direction = "behind" if skew > 0 else "ahead of"
    text = f"this machine is {abs(skew):.0f} s {direction} Twilio"
    return [warning("clock", text, "set it by NTP: access tokens and opening hours depend on it")]


def _number(number: Number, public_url: str, flows: Flows | None) -> list[Finding]:
    goes = ", ".join(f"{CARRIED[channel]}: {number.destination(channel, public_url)}" for channel in CHANNELS)
    found: list[Finding] = []
    for channel in CHANNELS:
        url = number.address(channel)
        if url:
            found += _address(number, channel, url, public_url, flows)
    if status := number.get("status_callback"):
        place = place_of(status, public_url)
        why = _missing(place, flows) if place else ""
        if why:
            found.append(error("numbers", f"{number.number} tells its call status to {place}: {why}"))
    return found or [ok("numbers", f"{number.number} {goes}")]


def _address(number: Number, channel: str, url: str, public_url: str, flows: Flows | None) -> list[Finding]:
    """What is wrong with an address of a number."""
    what = f"{number.number} sends {CARRIED[channel]} to"
    place = place_of(url, public_url)
    if place is not None:
        why = _missing(place, flows) or _unserved(place, channel, flows)
        fix = f"touchtone numbers point {number.number} FLOW"
        return [error("numbers", f"{what} {place}: {why}", fix)] if why else []
    old = old_place_of(url)
    host = urlsplit(url).hostname or "another host"
    if old is not None and public_url and flows is not None and old.flow in flows:
        fix = f"touchtone numbers point {number.number} {old.flow} --yes"
        return [warning("numbers", f"{what} {old} at {urlsplit(url).scheme}://{host}, not at {public_url}", fix)]
    if url.startswith("http:"):
        return [warning("numbers", f"{what} {host} by http, which is not encrypted", "use an https:// URL")]
    return []


def _runs(app: App, public_url: str) -> bool:
    """Whether an app runs a flow of ours."""
    return any(place_of(url, public_url) for url in (app.voice_url, app.sms_url))


def _missing(place: FlowPlace, flows: Flows | None) -> str:
    """Why a place does not exist; "" if it does, or nobody knows."""
    if flows is None:
        return ""
    flow = flows.get(place.flow)
    if flow is None:
        return "this flow does not exist here"
    return "this step does not exist" if place.step and place.step not in flow.steps else ""


def _unserved(place: FlowPlace, channel: str, flows: Flows | None) -> str:
    if flows is None or channel in flows[place.flow].channels:
        return ""
    return f"the flow does not answer {CARRIED[channel]}"


def _sender(from_: str, numbers: Collection[Number], callers: Collection[VerifiedNumber]) -> list[Finding]:
    """Whether the number that calls and texts come from is the account's."""
    if not E164.fullmatch(from_) or any(one.number == from_ for one in numbers):
        return []
    if any(one.number == from_ for one in callers):
        return [warning("numbers", f"TOUCHTONE_FROM is {from_}, a verified caller ID: it can call, but not text")]
    fix = "write one of " + (", ".join(one.number for one in numbers)[:200] or "your numbers")
    return [error("numbers", f"TOUCHTONE_FROM is {from_}, which is not a number of this account", fix)]
