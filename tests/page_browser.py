"""Debian's Chromium, driven by Playwright, looking at the page of a real server."""

import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

#: What a browser needs in a container; it never leaves this machine.
_OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--enable-unsafe-swiftshader"]
SIZES = {"desktop": (1360, 860), "phone": (390, 844)}
PATIENCE = 60_000


def chromium():
    """Find the browser, or skip."""
    found = os.environ.get("AEHASH_CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.skip(
            "there is no chromium: apt-get install chromium, or name one in AEHASH_CHROMIUM"
        )
    return found


def axe():
    """Read axe-core's script, or skip."""
    named = os.environ.get("AEHASH_AXE")
    if named:
        return Path(named).read_text(encoding="utf-8")
    why = (
        "axe-core is not installed: pip install 'aehash[browser]', or name axe.min.js in AEHASH_AXE"
    )
    package = pytest.importorskip("axe_playwright_python", reason=why)
    return Path(package.__file__).with_name("axe.min.js").read_text(encoding="utf-8")


@contextmanager
def started():
    """Give a browser until the block ends."""
    why = "playwright is not installed: pip install 'aehash[browser]'"
    api = pytest.importorskip("playwright.sync_api", reason=why)
    path = chromium()
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=_OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


class Reader:
    """Somebody who looks at the page, and what went wrong meanwhile."""

    def __init__(self, browser, port, size="desktop", scheme="light"):
        width, height = SIZES[size]
        self.root = f"http://127.0.0.1:{port}/"
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            has_touch=size == "phone",
        )
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.hosts, self.faults = set(), []
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._told)

    def _asked(self, address):
        parts = urlsplit(address)
        if parts.scheme.startswith(("http", "ws")):
            self.hosts.add(parts.netloc)

    def _told(self, message):
        # A refused request is reported by the browser itself, and by the page in a sentence.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def open(self, fragment=""):
        self.page.goto("about:blank")
        self.page.goto(self.root + fragment)
        self.page.wait_for_selector('body[data-state="ready"]')

    def until(self, condition):
        """Wait until an expression holds; what waits inside the page is stopped by its policy."""
        end = time.monotonic() + PATIENCE / 1000
        while not self.page.evaluate(condition):
            assert time.monotonic() < end, f"it never came true: {condition}"
            self.page.wait_for_timeout(50)

    def results(self):
        """Wait for a search to end; give the rows in their order."""
        self.page.wait_for_selector('#results[aria-busy="false"]')
        self.page.wait_for_selector("#grid:not(.stale)")
        tiles = self.page.locator("#grid > li").all()
        return [int(tile.get_attribute("data-row")) for tile in tiles]

    def said(self):
        """Give the sentence above the page."""
        return self.page.locator("#notices .notice p").inner_text()

    def close(self):
        self.context.close()


@contextmanager
def reading(browser, port, **how):
    """Give a reader, and hold the page to it: no errors, nothing asked of others."""
    reader = Reader(browser, port, **how)
    try:
        yield reader
        assert reader.faults == []
        assert reader.hosts == {urlsplit(reader.root).netloc}
    finally:
        reader.close()
