"""Touchtone: phone menus written in YAML, compiled to TwiML, served to Twilio."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.application import create_app
    from engine.server.listening import PlayedTurn
    from engine.server.own_routes import unsigned

__all__ = ["PlayedTurn", "create_app", "unsigned"]

_HOMES = {
    "PlayedTurn": "engine.server.listening",
    "create_app": "engine.application",
    "unsigned": "engine.server.own_routes",
}


def __getattr__(name: str) -> object:
    """What others may build on, imported when it is first asked for: a command must not pay for what it does not use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
