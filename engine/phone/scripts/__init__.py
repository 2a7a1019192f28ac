"""Call scripts: calls written down turn by turn, read, played and written."""

from engine.phone.scripts.play import Failure, Result, play, play_call
from engine.phone.scripts.player import Project
from engine.phone.scripts.read import SUFFIX, check_names, read_script
from engine.phone.scripts.script import CallScript, Script

__all__ = [
    "SUFFIX",
    "CallScript",
    "Failure",
    "Project",
    "Result",
    "Script",
    "check_names",
    "play",
    "play_call",
    "read_script",
]
