"""Take the pictures of the web page that the documents show, from a server that runs.

    aehash serve --codes books/photos --port 8000
    python docs/web_pictures.py http://127.0.0.1:8000/ --codebook photos-all --row 576

Needs the extra ``browser`` and Chromium (AEHASH_CHROMIUM, or ``chromium`` on the path).
"""

import argparse
import io
import os
import shutil
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent
SIZE = {"width": 1280, "height": 800}
LARGEST = 200_000


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--codebook", required=True)
    parser.add_argument("--row", type=int, required=True)
    parser.add_argument("--yes", default="", help="rows marked +, with commas")
    parser.add_argument("--no", default="", help="rows marked -, with commas")
    given = parser.parse_args()
    path = os.environ.get("AEHASH_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for scheme, take in (("light", search), ("light", why), ("dark", plan)):
            context = browser.new_context(
                viewport=SIZE, color_scheme=scheme, reduced_motion="reduce"
            )
            context.set_default_timeout(120_000)
            page = context.new_page()
            take(page, given)
            context.close()
        browser.close()


def search(page: Any, given: argparse.Namespace) -> None:
    """Results with marks."""
    results(page, given)
    for word, sort in ((given.yes, "yes"), (given.no, "no")):
        for row in filter(None, word.split(",")):
            page.locator(f"#grid li[data-row='{row}'] .mark.{sort}").click()
    page.mouse.move(4, 4)
    keep(page, "web-search")


def why(page: Any, given: argparse.Namespace) -> None:
    """Why a result is there."""
    results(page, given)
    page.locator("#grid .face").nth(2).click()
    page.wait_for_selector("#why-codes svg")
    keep(page, "web-why")


def plan(page: Any, given: argparse.Namespace) -> None:
    """The map with the query and its results."""
    results(page, given)
    page.click("#to-map")
    page.wait_for_selector("#map-facts:has-text('images')")
    keep(page, "web-map")


def results(page: Any, given: argparse.Namespace) -> None:
    """Search, and wait for the pictures."""
    page.goto(f"{given.address}#codebook={given.codebook}&row={given.row}&metric=hamming&k=48")
    page.wait_for_selector("#grid li")
    page.wait_for_selector('#results[aria-busy="false"]')


def keep(page: Any, name: str) -> None:
    """Save what is seen, in as few colours as keep it small."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    shown = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in (256, 192, 128, 96, 64, 48, 32):
        file = io.BytesIO()
        shown.quantize(colours, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() < LARGEST:
            break
    (FOLDER / f"{name}.png").write_bytes(file.getvalue())
    print(f"{name}.png: {file.tell():,} bytes, {colours} colours")


if __name__ == "__main__":
    main()
