"""Flows to draw: the clinic with edits, and texts that are made up."""

from pathlib import Path

import pytest

from engine.diagnostics.report import Report
from engine.diagnostics.source import Source
from engine.document.folder import Folder
from engine.model.build import build
from engine.model.flow import Flow
from engine.picture.cards import Cards
from engine.picture.reading import cards_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "flows" / "clinic.yaml").read_text()


def flow(text: str, name: str = "shop") -> Flow:
    """The flow of a text as far as it can be read, whatever is wrong with it."""
    source = Source(f"{name}.yaml", text)
    return build(Folder(Path("."), (source,), None), Report()).flows[name]


def cards(text: str, name: str = "shop", *, errors: bool = False) -> Cards:
    return cards_of(flow(text, name), errors=errors)


def edited(*edits: tuple[str, str]) -> str:
    """The clinic with texts replaced, each of which stands in it once."""
    text = TEXT
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the clinic"
        text = text.replace(old, new)
    return text


class Clinic:
    """The cards of the clinic, with edits."""

    source = Source("clinic.yaml", TEXT)

    def __call__(self, *edits: tuple[str, str]) -> Cards:
        return cards(edited(*edits), "clinic")


@pytest.fixture(scope="session")
def clinic() -> Clinic:
    return Clinic()


@pytest.fixture(scope="session")
def cards_of_text():
    return cards


@pytest.fixture(scope="session")
def flow_of_text():
    return flow
