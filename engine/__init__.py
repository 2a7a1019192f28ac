"""Touchtone: phone menus written in YAML, compiled to TwiML, served to Twilio.

What you may build on; other modules may change:

create_app   the application of a folder of flows, to be served or mounted in yours
unsigned     lets a route of yours beside the flows answer anybody
PlayedTurn   what a listener of yours is told of each turn
load_folder  the flows of a folder, and the findings in them
Phone        a telephone for programs
in_process   lets a telephone ring an application in the same process:

    with in_process(create_app("flows", unsigned=True), "https://example.com") as line:
        call = Phone(line).ring("https://example.com/flows/clinic")
        call.press("1")
    print(call.events)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.application import create_app
    from engine.phone.asgi import in_process
    from engine.phone.phone import Phone
    from engine.program.library import load_folder
    from engine.server.listening import PlayedTurn
    from engine.server.own_routes import unsigned

__all__ = ["Phone", "PlayedTurn", "create_app", "in_process", "load_folder", "unsigned"]

_HOMES = {
    "Phone": "engine.phone.phone",
    "PlayedTurn": "engine.server.listening",
    "create_app": "engine.application",
    "in_process": "engine.phone.asgi",
    "load_folder": "engine.program.library",
    "unsigned": "engine.server.own_routes",
}


def __getattr__(name: str) -> object:
    """What others may build on, imported when it is first asked for: a command must not pay for what it does not use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """All names, those too that nobody has asked for yet: `help(engine)` and editors list them."""
    return sorted({*globals(), *__all__})
