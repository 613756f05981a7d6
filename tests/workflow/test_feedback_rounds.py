"""Simulated feedback as reported: means, intervals, chance lines, files and formats."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from feedback_books import DATABASE, QUERIES, digits_book
from PIL import Image

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.feedback import METHODS, simulate_books
from aehash.report.feedback import MEASURES, feedback_json, render_feedback
from aehash.workflow.feedback_rounds import BASELINES, Setting, simulate_feedback
from aehash.workflow.feedback_summary import summarised

BOOKS = {"database": Path("codes/train"), "queries": Path("codes/test")}
SMALL = Setting(rounds=2, marks=5, queries=8, methods=("none", "pinned", "svm"))


def expected_ap(items, good):
    """Average the precision over all orders of a list: of each place, and of what stands before."""
    total = sum(
        (good / items) * (1 + (place - 1) * (good - 1) / max(1, items - 1)) / place
        for place in range(1, items + 1)
    )
    return total / good


@pytest.mark.parametrize("relevance", ["any", "all"])
def test_means_and_chance_are_those_of_an_obvious_twin(relevance):
    rng = np.random.default_rng(0)
    hot = (rng.random((60, 4)) < 0.4).astype(np.uint8)
    options = {"labels": hot, "classes": [*"abcd"]}
    database = digits_book(range(60), "all", **options)
    queries = digits_book(range(0, 60, 6), "all", **{**options, "labels": hot[::6]})
    found = simulate_books(
        database, queries, relevance=relevance, rounds=2, marks=7, methods=["rocchio"]
    )
    rows = summarised(found, database, queries, relevance)
    for row in rows:
        whole, left = [], []
        for number in range(10):
            asked = hot[6 * number].astype(bool)
            shared = hot.astype(bool) & asked
            good = shared.any(axis=1) if relevance == "any" else (shared == asked).all(axis=1)
            if relevance == "all":
                good &= asked.any()
            good[6 * number] = False  # its own row
            count = int(good.sum())
            whole.append(expected_ap(59, count) if count else 0)
            count -= int(found.values["rocchio"].found[row.round, number])
            if count:
                left.append(expected_ap(59 - 7 * row.round, count))
        values = found.values["rocchio"]
        after, before = values.residual_map[row.round], values.residual_before[row.round]
        assert row.numbers["map"].value == pytest.approx(values.map[row.round].mean())
        assert row.numbers["map"].chance == pytest.approx(np.mean(whole))
        assert row.residual_queries == len(left) == np.isfinite(after).sum()
        assert row.numbers["residual_map"].chance == pytest.approx(np.mean(left))
        assert row.numbers["residual_map"].value == pytest.approx(np.nanmean(after))
        assert row.numbers["residual_before"].value == pytest.approx(np.nanmean(before))
        assert row.numbers["residual_gain"].value == pytest.approx(np.nanmean(after - before))
        for number in row.numbers.values():
            assert number.low <= number.value <= number.high


def test_where_all_relevant_items_are_marked_there_is_no_residual():
    database, queries = digits_book(range(40), "train"), digits_book(range(50, 53), "test")
    found = simulate_books(database, queries, rounds=1, marks=40, methods=["svm"])
    first, last = summarised(found, database, queries, "any")
    assert first.residual_queries == 3
    assert last.residual_queries == 0
    assert last.numbers["residual_map"] is None
    assert last.numbers["map"].value == pytest.approx(1)


def test_queries_are_drawn_with_the_seed(digit_books):
    def drawn(seed, threads=1):
        setting = Setting(rounds=1, marks=5, queries=8, methods=("svm",), seed=seed)
        return simulate_feedback(setting, **BOOKS, threads=threads).report

    once = drawn(0)
    assert feedback_json(once) == feedback_json(drawn(0, threads=2))
    assert feedback_json(once)["rounds"] != feedback_json(drawn(1))["rounds"]
    assert f"8 of {QUERIES} queries, drawn with seed 0 (digits test)" in once.facts[0]
    everything = simulate_feedback(Setting(rounds=1, methods=("none",)), **BOOKS).report
    assert everything.facts[0].startswith(f"{QUERIES} queries (digits test), {DATABASE} database")


def test_feedback_on_digits_gains_beyond_the_marks(digit_books):
    report = simulate_feedback(Setting(rounds=1, marks=10), **BOOKS).report
    assert tuple(report.methods) == BASELINES
    last = {method: rows[-1].numbers for method, rows in report.methods.items()}
    for method in ("none", "pinned"):
        assert last[method]["residual_gain"].value == 0
    for method in ("rocchio", "nearest_positive", "svm"):
        assert last[method]["residual_gain"].low > 0, method
        assert last[method]["map"].value > last["pinned"]["map"].value


def test_files(digit_books):
    said, told = [], []
    found = simulate_feedback(
        SMALL,
        **BOOKS,
        out=Path("out"),
        say=said.append,
        progress=lambda title, total: told.append((title, total)) or told.append,
    )
    assert found.folder == Path("out")
    names = {path.name for path in Path("out").iterdir()}
    assert names == {"report-feedback.json", "report-feedback.md", "feedback.png"}
    saved = json.loads(Path("out/report-feedback.json").read_text())
    assert saved == json.loads(json.dumps(feedback_json(found.report)))
    assert Path("out/report-feedback.md").read_text() == render_feedback(found.report, "md")
    with Image.open("out/feedback.png") as picture:
        assert picture.width > 600
        assert len(np.unique(np.asarray(picture.convert("L")))) > 10
    assert told[0] == ("Feedback, 3 methods", 8)
    assert sum(told[1:]) == 8
    assert simulate_feedback(SMALL, **BOOKS).folder is None


def test_every_format_holds_the_same_numbers(digit_books):
    report = simulate_feedback(SMALL, **BOOKS).report
    plain = json.loads(render_feedback(report, "json"))
    assert plain["n_queries"] == 8
    assert plain["protocol"]["methods"]["svm"]["presumed"] == 50
    assert [(row["method"], row["round"]) for row in plain["rounds"]] == [
        (method, round_) for method in ("none", "pinned", "svm") for round_ in range(3)
    ]
    table = {
        (row["method"], int(row["round"]), row["measure"]): row
        for row in csv.DictReader(io.StringIO(render_feedback(report, "csv")))
    }
    text, page = render_feedback(report, "table"), render_feedback(report, "md")
    for row in plain["rounds"]:
        for measure in MEASURES:
            value = row[measure]["value"]
            assert float(table[row["method"], row["round"], measure]["value"]) == value
            if row["round"]:
                for shown in (text, page):
                    assert f"{value:.4f}".lstrip("-") in shown
    for shown in (text, page):
        for words in (
            "residual map@all/relevant",
            "95 % interval",
            "chance",
            "first ranking, same",
        ):
            assert words in shown
    assert "marked items are taken out of the ranking" in " ".join(text.split())
    with pytest.raises(UsageError, match="Did you mean 'json'"):
        render_feedback(report, "jsn")


def test_codes_that_have_collapsed_are_warned_of(digit_books):
    features = np.ones((DATABASE, 64), np.float32)
    digits_book(range(DATABASE), "train", features=features).save("codes/train")
    for metric, count in (("hamming", 1), ("euclidean", 0)):
        setting = Setting(rounds=1, methods=("none",), metric=metric, queries=2)
        report = simulate_feedback(setting, **BOOKS).report
        assert len(report.warnings) == count
    assert all(("WARNING" in render_feedback(report)) == bool(report.warnings) for _ in "1")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"rounds": 0}, "rounds must be at least 1"),
        ({"marks": 0}, "marks must be at least 1"),
        ({"queries": 0}, "queries must be at least 1"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"methods": ("svn",)}, "Did you mean 'svm'"),
    ],
)
def test_wrong_settings(digit_books, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        simulate_feedback(Setting(**options), **BOOKS)


def test_what_is_missing_is_a_sentence(digit_books):
    book = digits_book(range(20), "train", labels=None, classes=())
    book.save("bare")
    with pytest.raises(UsageError, match="has no labels"):
        simulate_feedback(SMALL, database=Path("bare"), queries=Path("bare"))
    digits_book(range(20), "train", codes=book.codes, features=None, bits=64).save("bare")
    with pytest.raises(UsageError, match=r"bare has no features.*--metric hamming"):
        simulate_feedback(SMALL, database=Path("bare"), queries=Path("bare"))
    with pytest.raises(UsageError, match="both --database and --queries"):
        simulate_feedback(SMALL, database=Path("bare"))
    Path("file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        simulate_feedback(SMALL, **BOOKS, out=Path("file/x"))


def test_the_methods_are_known():
    assert set(BASELINES) == set(METHODS) - {"svm_rbf"}


def test_a_codebook_against_itself_leaves_own_rows_out(digit_books):
    Codebook.from_arrays(
        features=np.eye(12, dtype=np.float32), labels=np.repeat(np.arange(6), 2), split="x"
    ).save("self")
    report = simulate_feedback(
        Setting(rounds=1, marks=1, queries=5, methods=("none",)),
        database=Path("self"),
        queries=Path("self"),
    ).report
    assert report.rows[0].numbers["map"].chance == pytest.approx(expected_ap(11, 1))


def test_a_database_in_the_order_of_its_labels_is_warned_of_on_codes(digit_books):
    book = Codebook.load("codes/train")
    order = np.argsort(book.labels, kind="stable")
    parts = {"features": book.features[order], "labels": book.labels[order]}
    digits_book(range(DATABASE), "train", **parts).save("sorted")
    for place, metric, count in (
        ("sorted", "hamming", 1),
        ("sorted", "euclidean", 0),
        ("codes/train", "hamming", 0),
    ):
        setting = Setting(rounds=1, methods=("none",), metric=metric, queries=2)
        books = {"database": Path(place), "queries": Path("codes/test")}
        report = simulate_feedback(setting, **books).report
        assert sum("order of its labels" in each for each in report.warnings) == count


def test_queries_without_relevant_items_and_wrong_negatives_are_said(digit_books):
    labels = np.full(DATABASE, 1)
    labels[:30] = 2
    digits_book(range(DATABASE), "train", labels=labels).save("two")
    asked = np.r_[np.full(QUERIES - 10, 2), np.full(10, 5)]
    digits_book(range(DATABASE, DATABASE + QUERIES), "test", labels=asked).save("asked")
    report = simulate_feedback(
        Setting(rounds=1, methods=("svm",)), database=Path("two"), queries=Path("asked")
    ).report
    facts = " ".join(report.facts)
    assert "10 queries have no relevant item in the database: they count as 0" in facts
    assert "takes 50 random unmarked items" in facts
    assert "On average 7.5% of the database is relevant" in facts
    assert report.rows[1].residual_queries == 30


def test_more_marks_than_a_machine_word_holds_mark_everything(digit_books):
    setting = Setting(rounds=1, marks=10**30, queries=2, methods=("rocchio",))
    rows = simulate_feedback(setting, **BOOKS).report.rows
    assert rows[1].residual_queries == 0
    assert rows[1].numbers["map"].value == pytest.approx(1)
