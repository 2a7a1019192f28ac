"""Servers on sockets for the tests of live calls."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine import create_app
from tests.standin.played import Callbacks, serving
from tests.standin_server import ACCOUNT_SID, AUTH_TOKEN


@pytest.fixture
def callbacks() -> Iterator[Callbacks]:
    made = Callbacks()
    with serving(made.app) as (base, _, _):
        made.base = base
        yield made


@pytest.fixture
def flows(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Serves a folder of flows, or flows written as `name=text`; requests must be signed."""
    with ExitStack() as stack:

        def serve(folder: Path | None = None, **texts: str) -> str:
            if folder is None:
                folder = tmp_path / "flows"
                folder.mkdir()
                for name, text in texts.items():
                    (folder / f"{name}.yaml").write_text(text)
            app = create_app(folder, tokens=[AUTH_TOKEN], account_sid=ACCOUNT_SID, store="memory:")
            return stack.enter_context(serving(app))[0]

        yield serve
