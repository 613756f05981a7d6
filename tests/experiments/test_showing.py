"""What notebooks show: reports and kept results with their pictures, small enough to be kept."""

import io

import IPython.display
import pytest
from PIL import Image

from aehash.experiments.reproduce import showing

RUN = {"command": "aehash reproduce x", "size": "fast", "machine": "two cores", "date": "today"}


@pytest.fixture
def shown(monkeypatch):
    """Collect what is shown."""
    seen = []
    monkeypatch.setattr(IPython.display, "display", seen.append)
    return seen


def test_a_report_has_no_heading_and_no_link_to_a_picture():
    report = {
        "entry": "paper/table9",
        "title": "A title # with a mark",
        "place": "Table 9",
        "paper": "A. Author",
        "link": "",
        "rows": [],
        "pictures": ["report.png"],
        "differences": ["smaller"],
        "open": [],
        "setting": "",
        "measure": "",
        "facts": {},
        "run": RUN,
    }
    text = showing.report_text(report)
    assert text.startswith("**paper/table9: A title # with a mark**\n")
    assert "report.png" not in text
    assert "\n\n\n" not in text
    assert "- smaller" in text


def test_a_kept_result_is_shown_with_its_picture(shown):
    showing.show_kept("air2023_figure4")
    text, picture = shown
    assert text.data.startswith("|")
    assert "`aehash experiments run air2023_figure4" in text.data
    assert len(picture.data) < 100_000


def test_a_result_that_is_not_there_is_said(shown, tmp_path, monkeypatch):
    monkeypatch.setattr(showing, "RESULTS", tmp_path)
    showing.show_kept("air2023_figure4")
    assert "air2023_figure4.json is not here" in shown[0].data


def lean(path, picture):
    picture.save(path)
    return Image.open(io.BytesIO(showing.lean_picture(path)))


def test_pictures_are_made_narrow_and_photos_jpeg(tmp_path):
    noise = [Image.effect_noise((1_000, 200), 80) for _ in "RGB"]
    photo = lean(tmp_path / "photo.png", Image.merge("RGB", noise))
    chart = lean(tmp_path / "chart.png", Image.new("RGB", (400, 50), "white"))
    assert (photo.format, photo.size) == ("JPEG", (900, 180))
    assert (chart.format, chart.size) == ("PNG", (400, 50))
