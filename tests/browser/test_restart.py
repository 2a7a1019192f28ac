"""A page that stays open follows `touchtone dev` through a restart, and a tab that nobody looks at lets go of its connection."""

import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.page.dev import ROOT, Dev

Start = Callable[..., Dev]


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Start]:
    """Starts `touchtone dev` over the clinic, as often as it is asked."""
    shutil.copytree(ROOT / "flows", tmp_path / "flows")
    started: list[Dev] = []

    def start(*words: str) -> Dev:
        started.append(Dev(tmp_path, *words))
        return started[-1]

    yield start
    for one in started:
        one.close()


def says(tab: Page, words: str) -> None:
    """Waits until the status in the top bar has these words."""
    tab.wait_for_function("words => document.querySelector('header').textContent.includes(words)", arg=words)


def test_a_page_that_stays_open_follows_a_restart(browser: Browser, dev: Start) -> None:
    first = dev("--page-port", "0")
    tab = browser.new_page()
    tab.goto(first.address)
    says(tab, "Live")
    first.process.send_signal(signal.SIGINT)
    first.process.wait(10)
    says(tab, "Reconnecting")
    file = first.folder / "flows" / "clinic.yaml"
    file.write_text(file.read_text().replace("Thank you for calling", "You have reached"))
    dev("--page-port", str(first.port))
    says(tab, "Live")
    tab.wait_for_function("() => document.querySelector('svg.tree').textContent.includes('You have reached')")
    tab.close()


def test_a_tab_that_nobody_looks_at_lets_go_of_its_connection_and_is_up_to_date_when_somebody_does(
    browser: Browser, dev: Start
) -> None:
    running = dev("--page-port", "0")
    tab = browser.new_page()
    tab.clock.install()
    tab.goto(running.address)
    says(tab, "Live")
    hidden = "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true}); document.dispatchEvent(new Event('visibilitychange')) }"
    tab.evaluate(hidden, True)
    tab.clock.fast_forward(61_000)
    file = running.folder / "flows" / "clinic.yaml"
    stream = running.listen()
    stream.state()
    file.write_text(re.sub("billing$", "biling", file.read_text(), count=1, flags=re.MULTILINE))
    stream.until(lambda state: state["problems"])
    assert "Live" in tab.text_content("header")
    tab.evaluate(hidden, False)
    says(tab, "Not live")
    tab.close()
