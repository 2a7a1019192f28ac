"""The design page in a real Chromium: `touchtone dev` as a process over a folder of its own, and a browser that looks at it."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REFUSED = "Failed to load resource"  # an answer with a status of error: the page says its sentence
PATIENCE = 30_000  # milliseconds until a test gives up; none waits that long where all is well


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium. It belongs to a module: while it is open, nothing else in this thread can run a loop."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("these tests need Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@dataclass
class Project:
    """A folder of flows with `touchtone dev` running over it."""

    folder: Path
    page: str
    """The address of the page, with its token."""
    flows: str
    """Where flows are answered."""
    stop: Callable[[], None]
    """Ends `touchtone dev`."""

    def write(self, name: str, text: str) -> None:
        """Saves a file as an editor does: all at once."""
        fresh = self.folder.parent / f".{name}.new"
        fresh.write_text(text)
        fresh.replace(self.folder / name)

    def replace(self, name: str, old: str, new: str) -> None:
        """Edits a file, and saves it."""
        text = (self.folder / name).read_text()
        assert old in text, f"{name} has no {old!r}"
        self.write(name, text.replace(old, new))


Start = Callable[..., Project]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `touchtone dev` on free ports over a copy of a folder, or over an empty one; it is ended with the test."""
    with contextlib.ExitStack() as opened:

        def started(source: Path | None = ROOT / "flows", *flags: str) -> Project:
            folder = tmp_path / "riverside" / "flows"
            if source is None:
                folder.mkdir(parents=True)
            else:
                shutil.copytree(source, folder)
            kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO_", "TOUCHTONE_"))}
            log = opened.enter_context((tmp_path / "dev.log").open("w"))
            process = opened.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "engine.cli", "dev", "flows", "--port", "0", "--page-port", "0", *flags],
                    cwd=folder.parent,
                    env={**kept, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)},
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
            )
            opened.callback(process.kill)
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if "Ctrl-C ends this" in line:
                    break
            page, flows = re.search(r"Design page: (\S+)", said), re.search(r"(http://\S+)/flows/", said)
            assert page, f"no page was opened:\n{said}\n{(tmp_path / 'dev.log').read_text()}"
            return Project(folder, page[1], flows[1] if flows else "", process.kill)

        yield started


@dataclass
class Seen:
    """A browser's tab that looks at the page of a project."""

    tab: Page
    project: Project

    def wait(self, selector: str, **how: Any) -> Any:
        """The element, once it is there."""
        return self.tab.wait_for_selector(selector, **how)

    def says(self, selector: str, words: str) -> None:
        """Waits until an element has these words."""
        self.tab.wait_for_function(
            "([selector, words]) => [...document.querySelectorAll(selector)].some((one) => one.textContent.includes(words))",
            arg=[selector, words],
        )

    def card(self, step: str) -> Any:
        """The card of a step in the tree, once it is drawn."""
        return self.wait(f'.v-tree .card[data-step="{step}"]')

    def top(self, step: str) -> float:
        """How far from the top of the window a card is."""
        self.card(step)
        # Found and measured in one go: a card that a later event draws anew meanwhile has no place.
        told = "(step) => document.querySelector(`.v-tree .card[data-step='${step}']`).getBoundingClientRect().top"
        return float(self.tab.evaluate(told, step))

    def focused(self) -> str:
        """Which exit or step has the focus, else which kind of element."""
        told = "const {edge, step, key, name} = document.activeElement.dataset; return edge || step || name || key"
        return str(self.tab.evaluate(f"() => {{ {told} || document.activeElement.tagName }}"))

    def accessible(self, where: str = "") -> None:
        """No serious finding of axe-core, in the light theme and in the dark one; `where` says in which state.

        Themes differ in colors alone: everything is checked in the light one, contrast in both.
        """
        if not self.tab.evaluate("() => Boolean(window.axe)"):
            self.tab.evaluate(AXE_SCRIPT)
        serious = []
        for theme in ("dark", "light"):
            self.tab.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            self.wait(f'html[data-theme="{theme}"]')
            rules = {"runOnly": ["color-contrast"]} if theme == "dark" else {}
            found = self.tab.evaluate("(how) => axe.run(how)", {"resultTypes": ["violations"], **rules})["violations"]
            serious += [
                f"{theme}: {one['id']}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])})\n{one['nodes'][0].get('failureSummary', '')}"
                for one in found
                if one["impact"] in ("serious", "critical")
            ]
        assert not serious, f"{where}\n" + "\n".join(serious)


Look = Callable[..., Seen]


@pytest.fixture
def look(browser: Browser, start: Start) -> Iterator[Look]:
    """Opens the page of a project: `look(width=…, height=…, theme=…, source=…, at="#clinic/menu")`. An error in its console fails the test."""
    errors: list[str] = []
    with contextlib.ExitStack() as opened:

        def looked(
            *,
            width: int = 1280,
            height: int = 900,
            theme: str = "light",
            at: str = "",
            project: Project | None = None,
            **how: Any,
        ) -> Seen:
            project = project or start(*([how.pop("source")] if "source" in how else []))
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce", **how
            )
            opened.callback(context.close)
            context.set_default_timeout(PATIENCE)
            tab = context.new_page()
            tab.on("pageerror", lambda error: errors.append(str(error)))
            tab.on(
                "console",
                lambda said: errors.append(said.text) if said.type == "error" and REFUSED not in said.text else None,
            )
            tab.goto(project.page)
            tab.wait_for_selector("body[data-ready]")
            if at:
                tab.goto(tab.url.partition("#")[0] + at)
                tab.reload()
                tab.wait_for_selector("body[data-ready]")
            return Seen(tab, project)

        yield looked
    assert not errors, errors
