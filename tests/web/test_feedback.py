"""A round of feedback answers what the library's session answers, and nothing is remembered."""

import numpy as np
import pytest

from aehash.feedback import FeedbackSession, Table

pytestmark = pytest.mark.training


def marks(**sides):
    return [
        {"row": row, "relevant": relevant}
        for relevant, rows in ((True, sides.get("good", ())), (False, sides.get("bad", ())))
        for row in rows
    ]


def asked(*rounds, **more):
    return {"codebook": "photos", "row": 4, "rounds": [{"marks": each} for each in rounds], **more}


@pytest.mark.parametrize("metric", ["hamming", "euclidean"])
def test_rounds_are_those_of_a_session(site, books, metric):
    book = books.photos
    table = Table.of_book(book, "codes" if metric == "hamming" else "features")
    query = table.code(book.codes[4]) if metric == "hamming" else book.features[4]
    session = FeedbackSession(query, table, own=4)
    rounds = [marks(good=[5, 6], bad=[20]), marks(good=[7], bad=[15, 25])]
    for number, each in enumerate(rounds, 1):
        session.mark(
            [mark["row"] for mark in each if mark["relevant"]],
            [mark["row"] for mark in each if not mark["relevant"]],
        )
        ranked = session.refine()
        reply = site.post("feedback", asked(*rounds[:number], metric=metric, k=1000)).json
        assert [hit["row"] for hit in reply["results"]] == ranked.rows.tolist()
        assert [hit["score"] for hit in reply["results"]] == pytest.approx(ranked.scores.tolist())
        assert reply["round"] == number
        assert reply["value"] == "score"
        assert sum(reply["histogram"]["counts"]) == reply["found"] == 29
    assert reply["marks"] == {"relevant": 3, "irrelevant": 3}
    shown = {hit["row"]: hit["marked"] for hit in reply["results"]}
    assert [shown[row] for row in (5, 7, 20, 9)] == [True, True, False, None]


def test_marks_find_more_of_the_class(site, books):
    labels = books.photos.labels
    before = site.post("search", {"codebook": "photos", "row": 4, "k": 12, "metric": "euclidean"})
    good = np.flatnonzero(labels == labels[4])
    bad = np.flatnonzero(labels != labels[4])
    rows = [hit["row"] for hit in before.json["results"] if hit["row"] != 4]
    seen = marks(good=np.intersect1d(rows, good).tolist(), bad=np.intersect1d(rows, bad).tolist())
    after = site.post("feedback", asked(seen, metric="euclidean", k=9, marked=False)).json
    assert not {hit["row"] for hit in after["results"]} & set(rows)
    whole = site.post("feedback", asked(seen, metric="euclidean", k=9)).json["results"]
    assert sum(labels[hit["row"]] == labels[4] for hit in whole) == 9


def test_later_marks_count_and_null_takes_back(site):
    once = site.post("feedback", asked(marks(good=[5], bad=[20]))).json
    changed = [marks(good=[5, 20], bad=[8]), marks(bad=[20]), [{"row": 8, "relevant": None}]]
    again = site.post("feedback", asked(*changed)).json
    assert again["results"] == once["results"]
    none = site.post("feedback", asked(marks(good=[5]), [{"row": 5, "relevant": None}])).json
    assert none["value"] == "distance"
    assert none["marks"] == {"relevant": 0, "irrelevant": 0}


def test_an_uploads_query_takes_part_without_a_row(site):
    query = site.post("search", {"codebook": "photos", "row": 4}).json["query"]["query"]
    asked_so = {"codebook": "photos", "query": query, "rounds": [{"marks": marks(good=[5])}]}
    reply = site.post("feedback", {**asked_so, "k": 1000, "label": "g"}).json
    assert {hit["label"] for hit in reply["results"]} == {"g"}
    lines = site.post("feedback", asked_so, Accept="application/x-ndjson").lines
    assert [line["event"] for line in lines] == [
        "query",
        "progress",
        "results",
        "histogram",
        "done",
    ]


@pytest.mark.parametrize("method", ["rocchio", "nearest_positive", "pinned", "svm_rbf", "none"])
def test_other_methods(site, method):
    reply = site.post("feedback", asked(marks(good=[5], bad=[20]), method=method))
    assert reply.status == 200
    assert reply.json["value"] == ("score" if method == "svm_rbf" else "distance")
