"""The reference of call scripts, as it is printed."""

from importlib.resources import files


def reference() -> str:
    """Everything that a call script can say, on a page."""
    return (files(__package__) / "reference.md").read_text(encoding="utf-8").rstrip("\n")
