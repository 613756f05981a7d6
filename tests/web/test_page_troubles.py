"""What goes wrong becomes a sentence on the page, and the page stays usable."""

import json
from contextlib import ExitStack

import pytest
from page_browser import reading, started
from web_site import running

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.training]

ROW = "#codebook=digits-train&row=3&metric=hamming&k=12"


@pytest.fixture(scope="module")
def browser():
    with started() as found:
        yield found


@pytest.fixture
def reader(browser, site):
    with reading(browser, site.port) as found:
        yield found


def works(reader):
    """Search by an image of the database."""
    reader.page.locator("#start-grid .face").first.click()
    assert len(reader.results()) == 48


def test_text_named_jpg(reader, tmp_path):
    reader.open()
    (tmp_path / "not a photo.jpg").write_text("Dear reader")
    reader.page.set_input_files("#file", tmp_path / "not a photo.jpg")
    reader.page.wait_for_selector(".notice")
    assert reader.said().startswith("“not a photo.jpg” is not a readable image")
    works(reader)
    before = reader.results()
    reader.page.set_input_files("#file", tmp_path / "not a photo.jpg")
    reader.page.wait_for_selector(".notice")
    assert reader.results() == before
    assert "not a photo" not in reader.page.locator("#query-view").inner_text()


def test_nothing_is_marked(reader):
    reader.open(ROW)
    before = reader.results()
    reader.page.locator("#grid button[tabindex='0']").first.focus()
    reader.page.keyboard.press("Shift+Enter")
    assert "mark an image" in reader.said()
    assert reader.results() == before


def test_a_distance_that_is_none(reader):
    reader.open("#codebook=photos&view=explore")
    reader.page.locator("#explore-kinds input[value=duplicates]").check(force=True)
    reader.page.wait_for_selector("#explore-body:not([aria-busy])")
    reader.page.fill("#explore-radius", "99")
    reader.page.keyboard.press("Enter")
    assert "from 0 to 16" in reader.said()
    reader.page.fill("#explore-radius", "0")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_selector(".group:has-text('2 images')")
    assert not reader.page.locator(".notice").is_visible()


def test_an_empty_file(reader, tmp_path):
    reader.open()
    (tmp_path / "empty.png").write_bytes(b"")
    reader.page.set_input_files("#file", tmp_path / "empty.png")
    assert "empty" in reader.said()
    works(reader)


@pytest.mark.parametrize("typed", ["0", "1000000000", "-3", "2.5", ""])
def test_a_number_that_is_none(reader, typed):
    reader.open(ROW)
    before = reader.results()
    reader.page.fill("#many", typed)
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_selector(".notice")
    assert "from 1 to 1000" in reader.said()
    assert reader.results() == before
    reader.page.fill("#many", "5")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_selector("#grid > li:nth-child(5):last-child")


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        ("#codebook=nothing&row=3", "no codebook “nothing”"),
        ("#codebook=digits-train&row=x", "not a whole number"),
        ("#codebook=digits-train&row=99999", "99999"),
        ("#codebook=digits-train&row=3&k=many", "“many”"),
        ("#codebook=digits-train&row=3&metric=taxicab", "taxicab"),
        ("#codebook=digits-train&row=3&rounds=1z", "damaged"),
        ("#codebook=digits-train&query=AAAA", "query"),
        ("#codebook=digits-train&row=3&radius=-1", "“-1”"),
    ],
)
def test_a_damaged_link(reader, fragment, said):
    reader.open(fragment)
    reader.page.wait_for_selector(".notice")
    assert said in reader.said()
    reader.page.goto(reader.root + ROW)
    assert reader.results()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json", "not JSON"),
        ("[]", "not a session"),
        ('{"format": "aehash web session", "version": 7}', "version 7"),
        ('{"format": "aehash web session", "version": 1}', "damaged"),
    ],
)
def test_a_broken_session(reader, tmp_path, text, said):
    reader.open(ROW)
    before = reader.results()
    (tmp_path / "session.json").write_text(text)
    reader.page.set_input_files("#session-file", tmp_path / "session.json")
    reader.page.wait_for_selector(".notice")
    assert said in reader.said()
    assert reader.results() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"codebook": {"name": "other", "rows": 96}}, "other"),
        ({"codebook": {"name": "digits-train", "rows": 5}}, "has changed"),
        ({"query": {"row": 3, "key": "another image"}}, "has changed"),
    ],
)
def test_a_session_of_another_codebook(reader, tmp_path, change, said):
    reader.open(ROW)
    reader.results()
    reader.page.click("#save > summary")
    with reader.page.expect_download() as download:
        reader.page.click("#save-json")
    told = json.loads(download.value.path().read_text(encoding="utf-8")) | change
    (tmp_path / "session.json").write_text(json.dumps(told))
    reader.page.set_input_files("#session-file", tmp_path / "session.json")
    reader.page.wait_for_selector(".notice")
    assert said in reader.said()


def test_a_server_that_is_stopped(browser, books):
    with ExitStack() as stack:
        server = stack.enter_context(ExitStack())
        site = server.enter_context(running(books.shelf))
        reader = stack.enter_context(reading(browser, site.port))
        reader.open(ROW)
        before = reader.results()
        reader.page.locator("#grid > li .mark.yes").nth(1).click()
        server.close()
        reader.page.click("#again")
        reader.page.wait_for_selector(".notice")
        assert "does not answer" in reader.said()
        assert reader.results() == before
        reader.page.locator("#grid > li .mark.no").nth(3).click()
        assert reader.page.locator("#mark-count").inner_text().startswith("1 more like this, 1 not")


def test_a_server_that_is_back(reader):
    reader.open(ROW)
    before = reader.results()
    reader.page.route("**/api/**", lambda route: route.abort())
    reader.page.locator("#grid > li .mark.yes").nth(1).click()
    reader.page.click("#again")
    reader.page.wait_for_selector(".notice")
    assert reader.results() == before
    reader.page.unroute("**/api/**")
    reader.page.click(".notice button:has-text('Try again')")
    reader.page.wait_for_selector("#rounds:not([hidden])")
    assert reader.results() != before


def test_a_server_that_never_answered(reader):
    page = reader.page
    page.route("**/api/**", lambda route: route.abort())
    page.goto(reader.root)
    page.wait_for_selector(".notice")
    assert "does not answer" in reader.said()
    page.unroute("**/api/**")
    page.click(".notice button:has-text('Try again')")
    page.wait_for_selector('body[data-state="ready"]')
    works(reader)


def test_a_collection_without_a_model(reader):
    reader.open("#codebook=photos")
    assert "no model" in reader.page.locator("#model-note").inner_text()
    assert not reader.page.locator(".drop-label").is_visible()


def test_a_token_is_asked_for_once(browser, books):
    with (
        running(books.shelf, token="a long and secret token") as site,
        reading(browser, site.port) as reader,
    ):
        reader.page.goto(reader.root + ROW)
        reader.page.fill("#token-value", "another token")
        reader.page.keyboard.press("Enter")
        reader.page.wait_for_selector("#token-said:has-text('not this server')")
        reader.page.fill("#token-value", "a long and secret token")
        reader.page.keyboard.press("Enter")
        reader.page.wait_for_selector("#grid > li")
        assert len(reader.results()) == 12
        wide = "document.querySelector('#grid > li img').naturalWidth > 0"
        reader.until(wide)


def test_pictures_that_do_not_come_are_grey_tiles(reader):
    reader.page.route("**/image?**", lambda route: route.abort())
    reader.open(ROW)
    assert len(reader.results()) == 12
    reader.page.wait_for_selector("#grid > li .blank:has-text('No picture')")
    reader.page.locator("#grid > li .face").nth(1).click()
    reader.page.wait_for_selector("#why[open]")
