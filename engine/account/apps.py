"""TwiML Apps of a Twilio account: what browser clients and SIP endpoints call.

Twilio, "Applications resource".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.account.destinations import FlowPlace, is_unset, old_place_of, place_of, shown_url
from engine.account.errors import sid_of
from engine.account.numbers import NumberError

if TYPE_CHECKING:
    from twilio.rest import Client

MOST = 1000  # that are listed


@dataclass(frozen=True, slots=True)
class App:
    """A TwiML App; `voice_url` and `sms_url` are "" where nothing is set, `foreign` those that are no flow of ours, to be shown."""

    sid: str
    name: str
    voice_url: str = ""
    sms_url: str = ""
    foreign: tuple[str, ...] = ()


def list_apps(client: "Client", name: str = "", public_url: str = "") -> tuple[App, ...]:
    """The apps of the account, or those of a name. Raises what the `twilio` client raises."""
    options: dict[str, Any] = {"friendly_name": name} if name else {}
    return tuple(_read(one, public_url) for one in client.applications.list(limit=MOST, **options))


def find_app(client: "Client", name: str, public_url: str) -> App | None:
    """The app of a name; of several the one that runs a flow of ours. Raises NumberError if that is not clear."""
    found = [app for app in list_apps(client, name, public_url) if app.name == name]
    ours = [app for app in found if not app.foreign and (app.voice_url or app.sms_url)]
    if len(found) > 1 and len(ours) != 1:
        raise NumberError(
            f"there are {len(found)} apps named `{name}`: {', '.join(app.sid for app in found)}\n  delete or rename all but one"
        )
    return next(iter(ours or found), None)


def create_app(client: "Client", name: str, settings: Mapping[str, str]) -> str:
    """The SID of a new app. Raises what the `twilio` client raises."""
    options: dict[str, Any] = {"friendly_name": name, **settings}
    return sid_of(client.applications.create(**options))


def update_app(client: "Client", sid: str, settings: Mapping[str, str]) -> None:
    """Sets the addresses of an app. Raises what the `twilio` client raises."""
    options: dict[str, Any] = dict(settings)
    client.applications(sid).update(**options)


def _read(found: Any, public_url: str) -> App:
    urls = (str(found.voice_url or ""), str(found.sms_url or ""))
    name = str(found.friendly_name or "")
    foreign = [shown_url(url) for url in urls if not (is_unset(url) or _is_ours(url, name, public_url))]
    return App(sid_of(found), name, *urls, tuple(dict.fromkeys(foreign)))


def _is_ours(url: str, name: str, public_url: str) -> bool:
    # An app is named after its flow: one that goes to a flow of that name was made here, when the public address was another.
    return place_of(url, public_url) is not None or old_place_of(url) == FlowPlace(name)
