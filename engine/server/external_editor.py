"""How a file is opened in an editor: with a URL that the browser opens, or with a command that runs on this machine."""

import re
import shlex
from dataclasses import dataclass
from typing import Final

_ADDRESS: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]+):(?P<rest>.*)", re.IGNORECASE)
_NEVER: Final = frozenset(
    ("javascript", "data", "vbscript", "file", "blob", "about")
)  # no editor, and no harmless link
_PLACE: Final = re.compile(r"\{([^{}]*)\}")
NAMES: Final = ("path", "line", "column")


@dataclass(frozen=True, slots=True)
class ExternalEditor:
    """A template with `{path}`, `{line}` and `{column}`: an address, or a `command`, which is never given to a shell."""

    text: str = "vscode://file/{path}:{line}:{column}"
    command: bool = False

    @classmethod
    def read(cls, text: str) -> "ExternalEditor":
        """The editor that a setting names; raises ValueError with what is wrong with it, to follow the setting's name."""
        for name in _PLACE.findall(text):
            if name not in NAMES:
                raise ValueError(f"has {{{name}}}, but only {{path}}, {{line}} and {{column}} are replaced")
        address = _ADDRESS.fullmatch(text)
        if address is not None and len(address["scheme"]) > 1 and " " not in text:
            if address["scheme"].lower() in _NEVER:
                raise ValueError(f"is a {address['scheme']}: address, which opens no editor")
            if "{path}" not in text:
                raise ValueError("lacks {path}: write an address such as vscode://file/{path}:{line}:{column}")
            return cls(text)
        try:
            words = shlex.split(text)
        except ValueError:
            words = []
        if not words or "{" in words[0]:
            raise ValueError("is no command: write one such as  code --goto {path}:{line}:{column}")
        return cls(text if "{path}" in text else f"{text} {{path}}", command=True)

    def words(self, path: str, line: int, column: int) -> list[str]:
        """The command for a place in a file, in words; what is put in is never taken apart."""
        values = {"path": path, "line": str(line), "column": str(column)}
        return [_PLACE.sub(lambda found: values[found[1]], word) for word in shlex.split(self.text)]
