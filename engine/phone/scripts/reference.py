"""The reference of call scripts, as it is printed."""

import re
from importlib.resources import files


def reference() -> str:
    """Everything that a call script can say, on a page."""
    return (files(__package__) / "reference.md").read_text(encoding="utf-8").rstrip("\n")


def explains(name: str) -> bool:
    """Whether the page shows a key or turn of this name: `hear`, `given`, `later`."""
    return name.isidentifier() and re.search(rf"(?m)(^|[ {{]){name}:", reference()) is not None
