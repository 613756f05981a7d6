"""What a person does with the page from an upload to the session opened again."""

import csv
import io
import json

import numpy as np
from PIL import Image

#: Where the picture lies in the larger one that is uploaded: in pixels, and in hundredths of it.
_SIZE, _PLACE = (400, 320), (40, 32, 160, 160)
_CROP = {"left": 10, "top": 10, "width": 40, "height": 50}
PART = ",".join(str(each / 100) for each in _CROP.values())


def in_a_corner(picture):
    """Lay a picture in a corner of a larger one, so that it has to be cropped."""
    left, top, *size = _PLACE
    canvas = Image.new(picture.mode, _SIZE, "white")
    canvas.paste(picture.resize(size), (left, top))
    file = io.BytesIO()
    canvas.save(file, "PNG")
    return file.getvalue()


def half_right(site, book, labels, pictures):
    """Choose the first picture half of whose ten nearest are of its class."""
    for data, label in pictures:
        reply = site.upload("search", data, codebook=book, crop=PART, k=10)
        hits = np.sum(labels[[each["row"] for each in reply.json["results"]]] == label)
        if 3 <= hits <= 6:
            return data, label
    raise AssertionError("there is no picture whose like is half hard to find")


def save(page, which):
    """Save the session, and read the file."""
    page.click("#save > summary")
    with page.expect_download() as download:
        page.click(f"#save-{which}")
    return download.value.path().read_text(encoding="utf-8")


def mark_all(page, rows, labels, wanted):
    for row in rows:
        sort = "yes" if labels[row] == wanted else "no"
        page.locator(f"#grid > li[data-row='{row}'] .mark.{sort}").click()


def crop(page):
    page.click("#crop-query")
    page.wait_for_selector("#crop .cropper-crop-box")
    page.click(".crop-numbers summary")
    for name, value in _CROP.items():
        page.fill(f"#crop-{name}", str(value))
        page.keyboard.press("Tab")
    page.click("#crop .primary")
    page.wait_for_selector("#query-facts:has-text('Cropped: 160 × 160')")


def tell(reader, book, data, label, labels, folder):
    """Upload, crop, search, mark, search again, step back, download, open again.

    Args:
        reader: Who looks at the page.
        book: The codebook's name.
        data: The picture's file.
        label: Its class.
        labels: The rows' classes.
        folder: For files.

    Returns:
        Precision at 10 before and after the marks.
    """
    page = reader.page
    path = folder / "a picture.png"
    path.write_bytes(data)
    reader.open(f"#codebook={book}&k=20")
    page.set_input_files("#file", path)
    whole = reader.results()
    crop(page)
    first = reader.results()
    assert first != whole
    assert len(first) == 20

    mark_all(page, first[:10], labels, label)
    page.click("#again")
    second = reader.results()
    assert page.locator("#steps [aria-current]").inner_text().startswith("Round 1")

    told = json.loads(save(page, "json"))
    assert [each["row"] for each in told["results"]] == second
    table = list(csv.DictReader(io.StringIO(save(page, "csv"), newline="")))
    assert [int(line["row"]) for line in table if line["rank"]] == second
    assert sorted(int(line["row"]) for line in table if line["mark"]) == sorted(first[:10])
    assert {line["mark"] for line in table} == {"+", "-", ""}

    page.click("#back")
    assert reader.results() == first
    page.click("#forward")
    assert reader.results() == second

    session = folder / "session.json"
    session.write_text(json.dumps(told), encoding="utf-8")
    reader.open()
    page.set_input_files("#session-file", session)
    page.wait_for_selector("#grid > li")
    assert reader.results() == second
    assert page.locator("#grid > li.yes").count() == np.sum(labels[first[:10]] == label)
    page.click("#back")
    assert reader.results() == first
    return tuple(float(np.mean(labels[rows[:10]] == label)) for rows in (first, second))
