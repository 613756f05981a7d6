"""The table of every convention says what a fresh run says, and the 16-bit codes are at chance."""

import importlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "experiments" / "results" / "conventions.json"


def test_by_expectation_the_sixteen_bit_codes_are_at_chance():
    width = json.loads(KEPT.read_text(encoding="utf-8"))["conventions"][0]
    assert (width["bits"], width["codes"]["distinct"]) == (16, 1)
    assert width["warning"].startswith("Collapsed codes (all codes are the same")
    rows = [row for row in width["rows"] if row["ties"] == "expected"]
    assert [row["per"] for row in rows] == ["min_k", "hits", "relevant"]
    for row in rows:
        assert row["values"] == pytest.approx(row["chance"], abs=1e-12)


@pytest.mark.data
def test_a_fresh_run_gives_the_kept_numbers(data_file, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    conventions = importlib.import_module("conventions")
    monkeypatch.setattr(conventions, "BITS", (16, 64))
    fresh = conventions.conventions(
        data_file("akbacak2023_retinamnist.npz"), data_file("retinamnist.npz")
    )["conventions"]
    widths = json.loads(KEPT.read_text(encoding="utf-8"))["conventions"]
    kept = [width for width in widths if width["bits"] in (16, 64)]
    for new, old in zip(fresh, kept, strict=True):
        assert new["codes"] == pytest.approx(old["codes"])
        assert new["warning"] == old["warning"]
        for mine, theirs in zip(new["rows"], old["rows"], strict=True):
            assert (mine["per"], mine["ties"]) == (theirs["per"], theirs["ties"])
            assert mine["values"] == pytest.approx(theirs["values"], abs=1e-9)
            assert mine["chance"] == pytest.approx(theirs["chance"], abs=1e-9)
