"""Map and explore, and whether everybody can use the page: axe-core finds no serious fault."""

import pytest
from page_browser import axe, reading, started

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.training]

ROW = "#codebook=digits-train&row=3&metric=hamming&k=24"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser():
    with started() as found:
        yield found


@pytest.fixture(scope="module")
def script():
    return axe()


@pytest.fixture
def reader(browser, site):
    with reading(browser, site.port) as found:
        yield found


def test_the_map_is_walked_with_keys(reader):
    page = reader.page
    reader.open(f"{ROW}&view=map")
    page.wait_for_selector("#map-facts:has-text('images')")
    page.locator("#map-surface").focus()
    for key in ["+", "+", "ArrowLeft", "-", "0"]:
        page.keyboard.press(key)
    found = False
    for key in ["-", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowLeft", "ArrowDown"] * 4:
        page.keyboard.press(key)
        page.wait_for_timeout(250)
        if page.locator("#map-card").is_visible():
            found = True
            break
    assert found
    page.keyboard.press("Enter")
    page.wait_for_selector("#view-search:not([hidden])")
    assert reader.results()


def test_the_map_takes_100000_points_without_stutter(reader):
    page = reader.page
    reader.open(ROW)
    took = page.evaluate(
        """async () => {
          const { readPoints, Nearest, Window } = await import("./page/map_view.js");
          const { painter } = await import("./page/map_draw.js");
          const many = 100_000, view = new DataView(new ArrayBuffer(many * 16));
          for (let at = 0; at < many; at += 1) {
            view.setUint32(at * 16, at, true);
            view.setFloat32(at * 16 + 4, Math.random() * 2 - 1, true);
            view.setFloat32(at * 16 + 8, Math.random() * 2 - 1, true);
          }
          const points = readPoints(view.buffer, 16), near = new Nearest(points);
          const canvas = document.createElement("canvas");
          canvas.width = 800; canvas.height = 600;
          const brush = painter(canvas), shown = new Window();
          shown.resize(800, 600); shown.fit();
          brush.load(points, new Uint8Array(many * 4).fill(255));
          brush.draw(shown, true);
          const start = performance.now();
          for (let frame = 0; frame < 20; frame += 1) {
            shown.pan(3, 2); shown.zoom(1.01);
            near.find(...shown.at(400, 300), 24 / shown.scale);
            brush.draw(shown, true);
          }
          return (performance.now() - start) / 20;
        }"""
    )
    assert took < 50, f"{took:.1f} ms a frame on the page's own thread"


def test_the_nearest_point_is_the_nearest(reader):
    reader.open(ROW)
    wrong = reader.page.evaluate(
        """async () => {
          const { readPoints, Nearest } = await import("./page/map_view.js");
          const many = 500, view = new DataView(new ArrayBuffer(many * 12));
          for (let at = 0; at < many; at += 1) {
            view.setUint32(at * 12, at, true);
            view.setFloat32(at * 12 + 4, Math.random() * 6 - 1, true);
            view.setFloat32(at * 12 + 8, Math.random() * 2 - 5, true);
          }
          const { places, ...rest } = readPoints(view.buffer, 12);
          const near = new Nearest({ places, ...rest });
          const fits = places.every((value) => value >= -1.0001 && value <= 1.0001);
          let wrong = fits ? 0 : 1;
          for (let turn = 0; turn < 300; turn += 1) {
            const [x, y, reach] = [Math.random() * 2 - 1, Math.random() * 2 - 1, Math.random()];
            let best = -1, least = reach * reach;
            for (let at = 0; at < many; at += 1) {
              const away = (places[at * 2] - x) ** 2 + (places[at * 2 + 1] - y) ** 2;
              if (away <= least) [best, least] = [at, away];
            }
            if (near.find(x, y, reach) !== best) wrong += 1;
          }
          return wrong;
        }"""
    )
    assert wrong == 0


def test_explore_groups_copies_and_finds_loners(reader):
    page = reader.page
    reader.open("#codebook=photos&view=explore")
    page.wait_for_selector("#explore-body .tile")
    page.locator("#explore-kinds input[value=duplicates]").check(force=True)
    page.fill("#explore-radius", "0")
    page.keyboard.press("Enter")
    page.wait_for_selector("#explore-body .group")
    assert page.locator(".group h3").first.inner_text() == "2 images"
    page.locator("#explore-kinds input[value=isolated]").check(force=True)
    page.wait_for_selector("#explore-body > .grid .distance")
    far = page.locator("#explore-body .distance").all_text_contents()
    bits = [int(text.split()[0]) for text in far]
    assert bits == sorted(bits, reverse=True)
    page.select_option("#explore-label", "g")
    reader.until(
        "[...document.querySelectorAll('#explore-body .label')].every(e => e.textContent === 'g')"
    )
    page.locator("#explore-body .face").first.click()
    assert reader.results()


def faults(page, script):
    page.evaluate(script)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [
        (each["id"], each["help"], [node["html"][:160] for node in each["nodes"]][:3])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_fault_of_access(browser, site, script, size, scheme):
    with reading(browser, site.port, size=size, scheme=scheme) as reader:
        page = reader.page
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        found = {}

        def look(name):
            page.wait_for_timeout(200)
            found[name] = faults(page, script)
            assert page.evaluate(wide), f"{name} is wider than the screen"

        reader.open()
        page.wait_for_selector("#start-grid .tile")
        look("start")
        reader.open(ROW)
        rows = reader.results()
        page.locator(f"li[data-row='{rows[1]}'] .mark.yes").click()
        page.locator(f"li[data-row='{rows[2]}'] .mark.no").click()
        look("marked")
        page.click("#again")
        page.wait_for_selector("#rounds:not([hidden])")
        reader.results()
        page.click("#save > summary")
        look("round")
        page.locator("#grid .face").nth(3).click()
        page.wait_for_selector("#why-backs :is(img, .blank:not([aria-busy]))")
        look("why")
        page.keyboard.press("Escape")
        page.click("#crop-query")
        page.wait_for_selector("#crop .cropper-crop-box")
        look("crop")
        page.keyboard.press("Escape")
        page.click("#show-keys")
        look("keys")
        page.keyboard.press("Escape")
        page.click("#to-map")
        page.wait_for_selector("#map-facts:has-text('images')")
        look("map")
        page.click("#to-explore")
        page.wait_for_selector("#explore-body .tile")
        look("explore")
        assert {name: each for name, each in found.items() if each} == {}
