import csv
import io
import json

import numpy as np
import pytest

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics import evaluate
from aehash.metrics.split_identity import split_digest
from aehash.report import notes, render, titled, to_json, warnings


def book(n, split, spread=True, multi_hot=False):
    generator = np.random.default_rng(n)
    codes = generator.random((n, 12)) > 0.5 if spread else np.ones((n, 12))
    labels = generator.integers(0, 3, n)
    return Codebook.from_arrays(
        codes,
        features=generator.normal(size=(n, 4)),
        labels=np.eye(4, dtype=np.uint8)[labels] | (np.arange(4) == 3) if multi_hot else labels,
        source="toy",
        split=split,
    )


@pytest.fixture(scope="module")
def evaluations():
    database, queries = book(60, "train"), book(9, "test")
    return titled(
        evaluate(database, queries, radius=2, rerank=True, per="hits", ks=(5, 100)),
        evaluate(database, queries, per="hits", ks=(5, 100)),
        evaluate(database, queries, metric="euclidean", per="hits", ks=(5, 100)),
    )


def test_json_has_the_promised_keys(evaluations):
    found = json.loads(render(evaluations, "json"))
    keys = {"protocol", "n_queries", "n_database", "bits", "metrics", "chance", "ci95", "codes"}
    assert found.keys() == keys | {"also"}
    assert found["also"].keys() == {"Hamming, whole ranking", "Euclidean (features)"}
    for part in (found, *found["also"].values()):
        assert part.keys() - {"also"} == keys
        assert part["metrics"].keys() == part["chance"].keys() == part["ci95"].keys()
        assert part["codes"].keys() == {"distinct", "constant_bits", "mean_bit_entropy"}
        for name, (low, high) in part["ci95"].items():
            assert low <= part["metrics"][name] <= high
    asked = {"map@5/min_k", "map@5/hits", "map@5/relevant", "precision@5", "recall@5"}
    assert asked | {"precision@radius", "recall@radius", "empty_queries"} <= found["metrics"].keys()
    assert {"radius", "rerank", "per", "ties", "relevance", "metric", "ks", "self_match"} <= found[
        "protocol"
    ].keys()
    assert found["protocol"]["queries"]["split"] == "test"


def test_one_evaluation_has_nothing_beside_it(evaluations):
    (name, first), *_ = evaluations.items()
    assert "also" not in to_json({name: first})


def test_the_table_shows_conventions_chance_and_codes(evaluations):
    text = render(evaluations, "table")
    assert "WARNING" not in text
    assert "9 queries (toy test), 60 database items (toy train), 12 bits" in text
    (first, *_) = evaluations.values()
    digest = split_digest(first.queries.keys, first.database.keys)
    assert f"judged on a split without a name ({digest[:12]}…)" in " ".join(text.split())
    assert "per=hits (AP divided by the hits found" in text
    assert "ties=expected (the mean over all orders" in text
    assert "relevance=any" in text
    assert text.split("\n\n")[1].startswith("MAP@k, AP divided by the hits found")
    assert f"{first.metrics['map@5/hits']:.4f}" in text
    for block in text.split("\n\n")[1:-1]:
        assert block.count("  chance") == block.count("  95 % interval") > 0
    empty = first.metrics["empty_queries"]
    assert f"Empty queries (Hamming ≤ 2, re-ranked): {empty} of 9" in text
    assert "60 distinct among 60, 0 of 12 bits constant" in text
    assert "Note: k = 100 is larger than the database" in text
    assert notes(evaluations)[0] in " ".join(text.split())


def test_columns_stand_under_each_other(evaluations):
    block = render(evaluations, "table").split("\n\n")[1].splitlines()
    assert len({len(line) for line in block}) == 1


@pytest.mark.parametrize("form", ["table", "md"])
def test_the_collapse_warning_stands_above(form):
    database, queries = book(60, "train", spread=False), book(9, "test", spread=False)
    collapsed = titled(evaluate(database, queries), evaluate(database, queries, radius=1))
    text = render(collapsed, form)
    assert text.lower().lstrip(">* ").startswith("warning")
    assert text.count("all codes are the same") == 1
    assert len(warnings(collapsed)) == 1


def test_markdown_tables_have_one_width(evaluations):
    tables = [part for part in render(evaluations, "md").split("\n\n") if part.startswith("|")]
    assert [table.split(" | ")[0] for table in tables] == [
        "| MAP@k, AP divided by the hits found",
        "| MAP@k, AP divided by min(k, R)",
        "| MAP@k, AP divided by R",
        "| Precision at k",
        "| Recall at k",
        "| nDCG at k, gain: shared labels",
        "| Inside the radius",
    ]
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


@pytest.mark.parametrize("form", ["table", "md", "csv", "json"])
@pytest.mark.parametrize("gain", ["linear", "exponential"])
def test_several_labels_bring_their_own_measures(form, gain):
    books = book(60, "train", multi_hot=True), book(9, "test", multi_hot=True)
    found = evaluate(*books, ks=(5, "all"), gain=gain)
    text = render(titled(found), form)
    for name in (f"ndcg@5/{gain}", f"ndcg@all/{gain}", "wap@5/min_k", "wap@all/min_k"):
        assert name in text
    if form == "md":
        for name in ("wap@5/hits", "wap@5/relevant"):
            assert name in text
    if form in ("table", "md"):
        assert "nDCG at k, gain: " in text
        assert "Weighted AP at k, divided by min(k, R)" in text
        assert text.count(f"{found.metrics['wap@5/min_k']:.4f}") >= 1


def test_what_was_not_judged_alike_is_said_above(evaluations):
    database, queries = book(60, "train"), book(9, "test")
    first = evaluate(database, queries, ks=(5,))
    by_row = evaluate(database, queries, ks=(7,), ties="database")
    others = evaluate(database, book(8, "test"), ks=(5,))
    mixed = {"A": first, "B": by_row, "C": others}
    assert warnings(evaluations) == []
    text, table = "\n".join(warnings(mixed)), render(mixed)
    assert "ties is expected in A and database in B" in text
    assert "A and C were not judged on the same queries" in text
    assert "ties is expected in A and database in B" in " ".join(table.split())
    for name, each in mixed.items():  # each one's own cut is shown
        (value,) = (each.metrics[f"map@{k}/min_k"] for k in each.conventions.ks)
        assert any(line.startswith(name) and f"{value:.4f}" in line for line in table.splitlines())
    assert list(titled(first, by_row)) == ["Hamming, whole ranking", "Hamming, whole ranking (2)"]
    again = evaluate(database, queries, ks=(5,), radius=2)
    assert warnings(titled(first, again)) == []  # the title tells
    assert "radius is none in A and 2 in B" in warnings({"A": first, "B": again})[0]


def test_csv_has_every_number(evaluations):
    rows = list(csv.DictReader(io.StringIO(render(evaluations, "csv"))))
    for name, each in evaluations.items():
        for metric, value in each.metrics.items():
            (row,) = [r for r in rows if (r["ranking"], r["metric"]) == (name, metric)]
            assert (float(row["value"]), row["ties"]) == (value, "expected")
            assert float(row["chance"]) == each.chance[metric]
            assert (float(row["ci95_low"]), float(row["ci95_high"])) == each.ci95[metric]


def test_wrong_use_is_refused(evaluations):
    with pytest.raises(UsageError, match=r"Evaluation has no names: pass titled\(evaluation\)"):
        render(next(iter(evaluations.values())))
    with pytest.raises(UsageError, match=r"no format 'jsn'.*Did you mean 'json'"):
        render(evaluations, "jsn")
    with pytest.raises(UsageError, match="no evaluation"):
        render({}, "table")
