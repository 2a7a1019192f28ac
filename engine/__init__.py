"""Touchtone: phone menus written in YAML, compiled to TwiML, served to Twilio."""

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
