"""Tables of methods as text: what stands where, and that every convention is named."""

import csv
import io
import json

import numpy as np
import pytest

from aehash.errors import UsageError
from aehash.metrics.code_statistics import CodeStatistics
from aehash.metrics.method_summary import tabulate
from aehash.metrics.method_table import METRICS, PIXELS, Method, Trial
from aehash.report.methods import render_methods

PROTOCOL = {
    "metric": "hamming", "per": "min_k", "ties": "expected", "relevance": "any", "gain": "linear",
    "self_match": "none", "radius": None, "rerank": False, "ks": ["all", 1000],
    "database": {"source": "toy", "split": "train"}, "queries": {"source": "toy", "split": "test"},
}  # fmt: skip


def trial(level, bits, seed=0, constant=0):
    values = np.array([0.0, 0.2, 0.4, 0.2], np.float32) + np.float32(level)
    codes = None if bits is None else CodeStatistics(1000, bits, 900, constant, 0.9)
    return Trial(bits, seed, {METRICS[0]: values, METRICS[1]: values / 2}, codes)


@pytest.fixture
def table():
    methods = [
        Method("net", "learned", "", [trial(0.5, 16), trial(0.3, 16, 1), trial(0.5, 32, 0, 3)]),
        Method("ITQ of pixels", "code", PIXELS, [trial(0.2, 16)]),
        Method("floats: pixels", "floats", PIXELS, [trial(0.4, None, None)]),
        Method("chance", "chance", "", [trial(0.0, None, None)]),
    ]
    return tabulate(methods, np.array([0, 0, 0, 1]), PROTOCOL, 1000, notes=["A note."])


def test_the_table_for_people(table):
    text = render_methods(table)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "net 0.600 ± 0.141 (0.600) 0.700 (0.700)" in lines
    assert "ITQ of pixels 0.400 (0.400) –" in lines
    assert "chance 0.200 (0.200) 0.200 (0.200)" in lines
    assert "net 0, 900 3, 900" in lines
    assert text.startswith("WARNING: net, 32 bits, seed 0: Collapsed codes (constant bits)")
    whole = " ".join(lines)
    for said in (
        "4 queries (toy test), 1,000 database items (toy train)", "ties expected",
        "divided by the R relevant items", "divided by min(1000, R)", "no upper bound",
        "mean over the 2 classes of queries", "which favours the baseline",
        "16 bits, net against ITQ of pixels: net is better by 0.2000", "A note.",
    ):  # fmt: skip
        assert said in whole


def test_csv_and_json_hold_every_number(table):
    rows = list(csv.DictReader(io.StringIO(render_methods(table, "csv"))))
    found = json.loads(render_methods(table, "json"))
    cells = [(each["name"], cell) for each in found["methods"] for cell in each["cells"]]
    assert len(rows) == len(cells) == 2 * 5
    for line, (name, cell) in zip(rows, cells, strict=True):
        assert (line["method"], line["metric"]) == (name, cell["metric"])
        assert float(line["mean"]) == cell["mean"]
        assert line["bits"] == ("" if cell["bits"] is None else str(cell["bits"]))
        assert (line["ties"], line["relevance"]) == ("expected", "any")
    assert (rows[0]["baseline"], rows[0]["constant_bits"]) == ("ITQ of pixels", "0")
    assert float(rows[0]["difference"]) == pytest.approx(0.2)
    (held, _) = found["against_baselines"]
    assert held["ci95"] == pytest.approx([0.2, 0.2])
    assert len(found["warnings"]) == 1


def test_markdown_is_a_table_for_each_metric(table):
    text = render_methods(table, "md")
    assert text.startswith("> **Warning.** net")
    assert "| net | 0.600 ± 0.141 (0.600) | 0.700 (0.700) |" in text
    assert text.count("|---|---:|---:|") == 3


def test_there_is_no_other_form(table):
    with pytest.raises(UsageError, match="There is no format 'xml'"):
        render_methods(table, "xml")
