"""Rows by class in every format, and the picture of the confusion matrix."""

import csv
import io
import json

import numpy as np
import pytest

from aehash.codebook import Codebook
from aehash.metrics import evaluate
from aehash.plots.classes import confusion_matrix
from aehash.plots.figure import shown
from aehash.report import render, titled
from aehash.report.layout import Section, aligned, markdown

NAMES = ("eye|left", "chest")


def book(n, split):
    generator = np.random.default_rng(n)
    labels = generator.integers(0, 2, n)
    features = generator.normal(size=(n, 8)) + labels[:, None]
    return Codebook.from_arrays(
        features=features, labels=labels, source="toy", split=split, classes=NAMES
    )


@pytest.fixture(scope="module")
def evaluations():
    books = book(60, "train"), book(20, "test")
    asked = {"ks": (20, 5), "by_class": True}
    return titled(evaluate(*books, metric="euclidean", **asked), evaluate(*books, **asked))


def test_the_table_has_rows_by_class_of_the_asked_ranking(evaluations):
    first = next(iter(evaluations.values()))
    text = render(evaluations, "table")
    blocks = [block for block in text.split("\n\n") if "by class" in block]
    assert [block.split("  ")[0] for block in blocks] == [
        "Euclidean (features): by class, first 20",
        "Euclidean (features): by class, first 5",
    ]
    lines = blocks[1].splitlines()
    assert [line[:10].strip() for line in lines[1:]] == [
        "eye|left",
        "chest",
        "macro mean",
        "micro mean",
    ]
    assert len({len(line) for line in lines}) == 1
    values = lines[1].split()[1:]
    table = first.by_class
    assert values[:2] == [str(table.queries[0]), str(table.database[0])]
    names = ("precision@5", "recall@5", "recall_bound@5", "accuracy@5/majority")
    found = [f"{table.metrics[name][0]:.4f}" for name in names]
    chance = [f"{table.chance[name][0]:.4f}" for name in (names[0], names[3])]
    assert values[2:] == [found[0], chance[0], *found[1:], chance[1]]
    assert f"{first.metrics['accuracy@5/majority']:.4f}" == lines[4].split()[-2]
    assert "Accuracy at k: the majority label" in text
    assert text.count("  bound, min(k, R)/R") == 2
    assert "recall_bound" not in text
    assert "always the database's largest class" in " ".join(text.split())


def test_markdown_keeps_its_columns_whatever_a_class_is_called(evaluations):
    tables = [part for part in render(evaluations, "md").split("\n\n") if "by class" in part]
    assert len(tables) == 2
    for table in tables:
        lines = table.replace("\\|", "").splitlines()
        assert len({line.count("|") for line in lines}) == 1
        assert len(lines) == 6


def test_csv_and_json_have_every_number(evaluations):
    rows = list(csv.DictReader(io.StringIO(render(evaluations, "csv"))))
    found = json.loads(render(evaluations, "json"))
    for name, part in zip(evaluations, (found, *found["also"].values()), strict=True):
        mine = {row["metric"]: row for row in rows if row["ranking"] == name}
        assert len(mine) == sum(row["ranking"] == name for row in rows)
        table = part["by_class"]
        for each in table["classes"]:
            assert float(mine[f"class/{each['class']}/queries"]["value"]) == each["queries"]
            for metric, value in each["metrics"].items():
                row = mine[f"class/{each['class']}/{metric}"]
                assert float(row["value"]) == value
                assert float(row["chance"]) == each["chance"][metric]
        for metric, value in table["macro"]["metrics"].items():
            assert float(mine[f"macro/{metric}"]["value"]) == value
            assert table["micro"]["metrics"][metric] == part["metrics"][metric]
        for k in (20, 5):
            cells = np.array(table["confusion"][str(k)])
            assert cells.sum() == pytest.approx(20)
            for row, column in np.argwhere(cells > 0):
                cell = mine[f"confusion@{k}/{NAMES[row]}/{NAMES[column]}"]
                assert float(cell["value"]) == cells[row, column]


def test_a_terminal_is_not_flooded():
    generator = np.random.default_rng(0)
    books = [
        Codebook.from_arrays(generator.random((n, 8)) < 0.5, labels=np.arange(n) % 40, split=split)
        for n, split in ((200, "train"), (80, "test"))
    ]
    found = titled(evaluate(*books, ks=(5, 10), by_class=True))
    assert render(found, "table").count("by class, first") == 1
    assert render(found, "md").count("by class, first") == 2


@pytest.mark.parametrize(("classes", "silent"), [(1, 0), (2, 3), (20, 0), (100, 3), (121, 0)])
def test_the_picture_is_readable_for_few_and_for_many(tmp_path, classes, silent):
    from PIL import Image

    generator = np.random.default_rng(classes)
    counts = generator.integers(0, 50, (classes, classes)) / 2
    path = tmp_path / "confusion.png"
    names = [f"class number {n} of a long name" for n in range(classes)]
    confusion_matrix(path, counts, np.full(classes, silent), names, "Majority\nof 20")
    with Image.open(path) as picture:
        assert 400 < picture.width < 3_000
        assert picture.height > 400


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["$\\frac{$", "a$b$c", "_a", "line\nbreak", "日本", "", "\udcff"])
def test_odd_names_of_classes_are_drawn(tmp_path, name):
    counts = np.eye(2)
    confusion_matrix(tmp_path / "a.png", counts, np.zeros(2, np.int64), [name, "b"], "Majority")
    assert (tmp_path / "a.png").stat().st_size > 0


@pytest.mark.parametrize("most", [3, 4, 18, 28])
def test_names_that_end_differently_stay_apart(most):
    names = [f"a very long name of a class, {letter}" for letter in "abc"]
    found = [shown(name, most) for name in names]
    assert len(set(found)) == 3
    assert {len(each) for each in found} == {most}
    assert shown("short", 28) == "short"


def test_a_class_of_several_lines_has_one_row():
    section = Section("by class", ["n"], [("a\nb\t\x1b[31m", ["1"]), ("c", ["22"])])
    assert aligned(section).splitlines() == [
        "by class    n",
        "a b  [31m   1",
        "c          22",
    ]
    assert "| a b  [31m | 1 |" in markdown(section)
