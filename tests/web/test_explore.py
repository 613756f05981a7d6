"""What a codebook shows without a query, and the map."""

import threading
import time

import numpy as np
import pytest

from aehash.errors import AehashError
from aehash.index import hamming_distances
from aehash.index.groups import duplicate_groups
from aehash.web.duplicates import Job

pytestmark = pytest.mark.training
BOOK = "codebooks/photos"


def test_duplicates_are_grouped(site, books):
    told = site.api(f"{BOOK}/duplicates?radius=0").json
    assert [[item["row"] for item in group] for group in told["groups"]] == [[0, 1]]
    assert (told["found"], told["pairs"]) == (1, 1)
    near = site.api(f"{BOOK}/duplicates?radius=6&members=2&limit=1").json
    distances = hamming_distances(books.photos.codes, books.photos.codes)
    assert near["pairs"] == int(np.triu(distances <= 6, 1).sum())
    assert len(near["groups"]) == 1
    assert len(near["groups"][0]) == 2
    whole = site.api(f"{BOOK}/duplicates?radius=6&members=500").json
    assert whole["sizes"] == [len(group) for group in whole["groups"]]
    assert near["sizes"] == whole["sizes"][:1]


def test_duplicates_of_a_class(site, books):
    rows = np.flatnonzero(books.photos.labels == books.photos.classes.index("r"))
    among = hamming_distances(books.photos.codes[rows], books.photos.codes[rows])
    told = site.api(f"{BOOK}/duplicates?radius=8&label=r&members=500").json
    assert told["pairs"] == int(np.triu(among <= 8, 1).sum()) > 0
    assert {item["row"] for group in told["groups"] for item in group} <= set(rows.tolist())
    assert {item["label"] for group in told["groups"] for item in group} == {"r"}
    assert site.api(f"{BOOK}/duplicates?label=x").status == 404


@pytest.fixture
def slow_search(monkeypatch):
    """Let a search for duplicates go on until it is told to end, or may not."""
    go_on = threading.Event()

    def search(codes, bits, radius, *, progress, **how):
        while not go_on.wait(0.01):
            progress(1, 4)
        return duplicate_groups(codes, bits, radius, progress=progress)

    monkeypatch.setattr("aehash.index.groups.duplicate_groups", search)
    monkeypatch.setattr("aehash.web.duplicates._PATIENCE", 0.05)
    return go_on


def test_duplicates_that_take_long_are_asked_for_again(site, slow_search):
    path = f"{BOOK}/duplicates?radius=3"
    for _ in range(2):
        reply = site.api(path)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
        assert "25% done" in reply.message
    slow_search.set()
    deadline = time.monotonic() + 60
    while (reply := site.api(path)).status == 503:
        assert time.monotonic() < deadline
    assert reply.json["radius"] == 3


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        ({"longest": 0.05, "alone": 9}, "a smaller radius, or a class"),
        ({"alone": 0.05}, "given up"),
    ],
)
def test_duplicates_are_not_looked_for_without_end(books, slow_search, limits, word):
    job = Job(books.shelf["photos"], 3, None, **limits)
    job.run(threading.Lock())
    assert job.failed
    with pytest.raises(AehashError, match=word):
        job.wait(0)


def test_isolated_images_are_far_from_all_others(site, books):
    told = site.api(f"{BOOK}/isolated?count=3").json
    distances = hamming_distances(books.photos.codes, books.photos.codes).astype(int)
    np.fill_diagonal(distances, 99)
    nearest = distances.min(axis=1)
    order = np.argsort(-nearest, kind="stable")[:3]
    assert [item["row"] for item in told["results"]] == order.tolist()
    assert [item["distance"] for item in told["results"]] == nearest[order].tolist()
    assert told["examined"] == told["total"] == 30
    some = site.api(f"{BOOK}/isolated?label=r").json
    assert {item["label"] for item in some["results"]} == {"r"}


def test_random_images_are_the_seeds(site):
    first = site.api(f"{BOOK}/random?count=5&seed=3").json
    assert first == site.api(f"{BOOK}/random?count=5&seed=3").json
    assert first != site.api(f"{BOOK}/random?count=5&seed=4").json
    assert len({item["row"] for item in first["results"]}) == 5
    some = site.api(f"{BOOK}/random?count=500&label=b").json
    assert len(some["results"]) == some["total"] == 10


def test_the_map_has_every_row_and_places_others(site, books):
    deadline = time.monotonic() + 60
    while (told := site.api(f"{BOOK}/map").json)["state"] == "making":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (told["state"], told["count"], told["of"]) == ("ready", 30, 30)
    kinds = [("row", "<u4"), ("x", "<f4"), ("y", "<f4"), ("class", "<u4")]
    points = np.frombuffer(site.api(f"{BOOK}/map/points").body, kinds)
    assert sorted(points["row"]) == list(range(30))
    assert np.abs(np.stack([points["x"], points["y"]])).max() == 1
    assert np.array_equal(points["class"], books.photos.labels[points["row"]])
    placed = site.post(f"{BOOK}/map/place", {"rows": [7, 3], "row": 7}).json
    (place,) = points[points["row"] == 7]
    assert placed["rows"][0]["row"] == 7
    assert placed["query"] == pytest.approx([place["x"], place["y"]], abs=1e-5)
    query = site.post("search", {"codebook": "photos", "row": 7}).json["query"]
    assert query["position"] == pytest.approx(placed["query"])
