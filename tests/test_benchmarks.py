"""The benchmarks run on tiny inputs, and the page is drawn from what they wrote alone."""

import json

import pytest

from benchmarks import __main__ as command
from benchmarks import page
from benchmarks.pairs import alternate, compared


@pytest.fixture
def paths(tmp_path):
    return ["--results", str(tmp_path / "results"), "--page", str(tmp_path / "page.md")]


def test_start_is_measured_and_drawn(paths, tmp_path, capsys):
    command.main(["--quick", "--only", "start", *paths])
    result = json.loads((tmp_path / "results" / "start.json").read_text())
    times = {row["what"]: row for row in result["times"]}
    assert set(times) == {"python -c pass", "aehash --help", "aehash evaluate --help"}
    assert all(len(row["all"]) >= 3 and min(row["all"]) > 0 for row in times.values())
    assert str(tmp_path) not in json.dumps(result)
    drawn = (tmp_path / "page.md").read_text()
    assert f"{times['aehash --help']['seconds']['median']:.3f} [" in drawn
    command.main(["--render", *paths])
    assert (tmp_path / "page.md").read_text() == drawn
    assert "aehash --help" in capsys.readouterr().out


@pytest.mark.slow
def test_descriptors_are_measured_against_the_bare_net(paths, tmp_path):
    command.main(["--quick", "--only", "describing", *paths])
    rows = json.loads((tmp_path / "results" / "describing.json").read_text())["comparisons"]
    assert [row["what"] for row in rows] == [
        "longest side 362, 1 scale, the net one by one",
        "longest side 362, 1 scale, the net 8 of a shape at once",
        "longest side 362, 3 scales",
        "longest side 1024, 1 scale",
        "longest side 1024, 3 scales",
    ]
    assert "| longest side 362, 3 scales |" in (tmp_path / "page.md").read_text()


def test_pairs_alternate_after_a_warm_up():
    calls = []
    pairs = alternate(lambda: calls.append("A"), lambda: calls.append("B"), 3)
    assert "".join(calls) == "ABABABAB"
    assert len(pairs) == 3


def test_ratio_is_of_speeds_and_within_each_pair():
    pairs = [{"ours": 2.0, "bare": 1.0}, {"ours": 1.0, "bare": 1.0}, {"ours": 1.0, "bare": 3.0}]
    row = compared("work", "images/s", 6, pairs, "≥ 0.95")
    assert row["ratio"] == {"median": 1.0, "min": 0.5, "max": 3.0}
    assert row["ours"]["median"] == 6.0
    cells = "| work | 6 images/s | 6 images/s | 1.000 [0.500, 3.000] | ≥ 0.95 | 3 |"
    assert cells in page.table({"comparisons": [row]})


def test_memory_table_says_bytes_an_image():
    few = {"what": "train", "images": 10, "peak_bytes": 2**20, "bytes_per_image": None}
    many = {"what": "train", "images": 110, "peak_bytes": 2**21, "bytes_per_image": 2**20 / 100}
    drawn = page.table({"peaks": [{**few, "ratio": 1.0}, {**many, "ratio": 2.0}]})
    assert "| train | 10 | 1 | 1.000 |  |" in drawn
    assert "| train | 110 | 2 | 2.000 | 10,486 |" in drawn


def test_an_index_is_measured_beside_its_codebook(paths, tmp_path):
    command.main(["--quick", "--only", "json_index", *paths])
    result = json.loads((tmp_path / "results" / "json_index.json").read_text())
    steps = {row["what"]: row for row in result["steps"]}
    assert [row["form"] for row in steps.values()] == ["json"] * 3 + ["npy"] * 3
    assert all(row["seconds"]["min"] > 0 and row["peak_bytes"] > 0 for row in steps.values())
    assert str(tmp_path) not in json.dumps(result)
    drawn = (tmp_path / "page.md").read_text()
    assert "| `codebook import`: index → codebook | 4,000 | .json |" in drawn
    assert drawn.startswith("# Benchmarks")
