"""The page does what a person does with it: upload, crop, search, mark, search again, step back."""

import io

import numpy as np
import pytest
from page_browser import reading, started
from page_story import in_a_corner, tell
from PIL import Image

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.training]

BOOK = "digits-train"
FIRST = "#codebook=digits-train&row={row}&metric=hamming&k=20"


@pytest.fixture(scope="module")
def browser():
    with started() as found:
        yield found


@pytest.fixture
def reader(browser, site):
    with reading(browser, site.port) as found:
        yield found


@pytest.fixture(scope="module")
def labels(books):
    return np.asarray(books.digits.labels)


@pytest.fixture(scope="module")
def hard(site, labels):
    """A digit half of whose ten nearest are others."""
    for row in range(len(labels)):
        found = site.post("search", {"codebook": BOOK, "row": row, "k": 10}).json["results"]
        if 3 <= np.sum(labels[[each["row"] for each in found]] == labels[row]) <= 6:
            return row
    raise AssertionError("there is no digit that is half hard to find")


@pytest.fixture(scope="module")
def upload(hard, site, tmp_path_factory):
    """Its picture in a corner of a larger one, to be cropped."""
    reply = site.api(f"codebooks/{BOOK}/items/{hard}/image?size=160")
    digit = Image.open(io.BytesIO(reply.body)).convert("L")
    path = tmp_path_factory.mktemp("upload") / "scan of a digit.png"
    path.write_bytes(in_a_corner(digit))
    return path


def choose(page, group, value):
    page.locator(f"{group} input[value='{value}']").check(force=True)


def test_a_session_from_upload_to_opening_it_again(reader, upload, hard, labels, tmp_path):
    data = upload.read_bytes()
    before, after = tell(reader, BOOK, data, labels[hard], labels, tmp_path)
    assert after > before


def test_keys_alone_mark_and_search_again(reader, hard):
    page = reader.page
    reader.open(FIRST.format(row=hard))
    rows = reader.results()
    page.locator("#grid button[tabindex='0']").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("-")
    assert page.locator("#mark-count").inner_text() == "1 more like this, 1 not like this"
    page.keyboard.press("-")
    assert page.locator("#mark-count").inner_text() == "1 more like this"
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector("#rounds:not([hidden])")
    assert reader.results()[0] == rows[1]

    page.locator("#grid button[tabindex='0']").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#why[open]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('li').className") == "tile yes"


def test_a_link_shares_the_search_with_its_marks(reader, hard):
    page = reader.page
    reader.open(FIRST.format(row=hard))
    rows = reader.results()
    page.locator(f"li[data-row='{rows[2]}'] .mark.yes").click()
    page.click("#again")
    page.wait_for_selector("#rounds:not([hidden])")
    second = reader.results()
    page.locator(f"li[data-row='{second[4]}'] .mark.no").click()
    choose(page, "#metrics", "euclidean")
    third = reader.results()
    link = page.url
    page.go_back()
    assert reader.results() == second
    reader.open()
    reader.open(link.removeprefix(reader.root))
    assert reader.results() == third
    assert page.locator("#grid > li.no").get_attribute("data-row") == str(second[4])


def test_an_upload_can_be_shared_and_searched_in_another_way(reader, upload):
    page = reader.page
    reader.open(f"#codebook={BOOK}&k=20")
    page.set_input_files("#file", upload)
    page.wait_for_url("**query=*")
    first = reader.results()
    link = page.url
    choose(page, "#by", "radius")
    page.wait_for_selector("#results-facts:has-text('within')")
    near = reader.results()
    assert near[: len(first)] == first[: len(near)]
    reader.open()
    reader.open(link.removeprefix(reader.root))
    assert reader.results() == first
    assert "not in the link" in page.locator("#query-facts").inner_text()


def test_results_go_on_after_the_last_that_comes_at_once(reader, hard):
    """As if the server gave twelve at a time."""
    page = reader.page

    def few(route):
        told = route.fetch().json()
        told["limits"]["k"] = 12
        route.fulfill(json=told)

    page.route("**/api/v1/codebooks", few)
    reader.open(f"#codebook={BOOK}&row={hard}&metric=hamming&radius=6")
    first = reader.results()
    assert len(first) == 12
    page.click("#more:has-text('Ask for the next')")
    page.wait_for_selector("#grid > li:nth-child(13)")
    more = reader.results()
    assert more[:12] == first
    assert len(set(more)) == len(more) > 12
    choose(page, "#metrics", "reranked")
    choose(page, "#by", "k")
    page.fill("#many", "12")
    page.keyboard.press("Enter")
    page.wait_for_selector("#more-note:not([hidden])")


def test_why_shows_the_bits_that_differ(reader, hard):
    page = reader.page
    reader.open(FIRST.format(row=hard))
    reader.results()
    tile = page.locator("#grid > li").nth(9)
    told = tile.locator(".distance").inner_text()
    tile.locator(".face").click()
    many = int(told.split()[0])
    assert page.locator("#why-codes .lead").inner_text().startswith(f"{many} of 16 bits")
    said = page.locator("#why-codes svg").get_attribute("aria-label")
    assert len(said.split(":")[-1].split(",")) == many
    assert "16 bits" not in page.locator("#why-chart svg").get_attribute("aria-label")
    assert page.locator("#why-backs img").count() == 2 or page.wait_for_selector("#why-backs img")
    page.click("#why-search")
    page.wait_for_selector("#query-facts:has-text('In the codebook')")


def test_the_crop_frame_moves_by_keys(reader, upload):
    page = reader.page
    reader.open(f"#codebook={BOOK}")
    page.set_input_files("#file", upload)
    reader.results()
    page.click("#crop-query")
    page.wait_for_selector("#crop .cropper-crop-box")
    left, width = (page.locator(f"#crop-{name}") for name in ("left", "width"))
    start = float(left.input_value()), float(width.input_value())
    page.locator("#crop-stage").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    assert float(left.input_value()) < start[0]
    assert float(width.input_value()) < start[1]
    choose(page, "#crop-ratios", "1:1")
    page.wait_for_timeout(100)
    shares = [float(page.locator(f"#crop-{side}").input_value()) for side in ("width", "height")]
    assert shares[0] * 400 == pytest.approx(shares[1] * 320, rel=0.02)
    page.keyboard.press("Escape")
    page.wait_for_selector("#crop:not([open])", state="attached")
