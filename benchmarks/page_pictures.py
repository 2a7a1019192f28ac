"""Makes the pictures of the design page in the README: `python -m benchmarks.page_pictures` writes docs/page.png and docs/page-dark.png.

It needs Chromium and the packages of requirements.lock; the call is played, nothing is asked of Twilio.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
SIZE = {"width": 1280, "height": 860}


def main() -> None:
    """Serves the clinic, plays a call to its billing desk, and takes the page in light and dark."""
    chromium = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if chromium is None:
        sys.exit("This needs Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "flows", Path(folder) / "flows")
        dev = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "dev", "flows", "--port", "0", "--page-port", "0"],
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert dev.stdout is not None
            address = next(found[1] for line in dev.stdout if (found := re.search(r"Design page: (\S+)", line)))
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                page = browser.new_page(viewport=SIZE, reduced_motion="reduce")
                page.goto(f"{address}#clinic")
                _play(page)
                for name, theme in (("page", "light"), ("page-dark", "dark")):
                    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                    page.wait_for_selector(f'html[data-theme="{theme}"]')
                    path = ROOT / "docs" / f"{name}.png"
                    page.screenshot(path=path)
                    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
                browser.close()
        finally:
            dev.terminate()
            dev.wait(10)


def _play(page: Page) -> None:
    page.wait_for_selector('.v-tree .card[data-step="clinic/menu"]')
    page.keyboard.press("c")
    page.wait_for_selector('.v-tree .card.now[data-step="clinic/menu"]')
    page.keyboard.press("2")
    page.wait_for_selector('.v-tree .card.now[data-step="clinic/billing"]')
    for key in "482":
        page.keyboard.press(key)
    page.wait_for_function("() => document.querySelector('.slots')?.textContent === '482'")
    page.wait_for_selector('.turns tr[data-turn="2"]')
    page.wait_for_timeout(2500)  # counts follow a call after two seconds


if __name__ == "__main__":
    main()
