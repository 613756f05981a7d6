"""An index that rows are added to and removed from, against a list that does the same."""

import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from aehash.errors import UsageError
from aehash.index import HammingIndex

BITS = 9


class Model(RuleBasedStateMachine):
    """A list of [key, bits, label, whether it is there], one entry a row."""

    @initialize(start=st.integers(0, 30), seed=st.integers(0, 2**32))
    def begin(self, start, seed):
        self.rng = np.random.default_rng(seed)
        self.rows, self.made = [], 0
        self.folder = tempfile.TemporaryDirectory()
        self.places = [Path(self.folder.name) / name for name in ("one", "two")]
        self.saved = {}
        packed, keys, labels = self.fresh(start)
        self.index = HammingIndex.from_codes(packed, BITS, keys, labels)

    def teardown(self):
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def fresh(self, count):
        bits = self.rng.random((count, BITS)) < 0.2
        keys = [f"row/{self.made + number}" for number in range(count)]
        labels = self.rng.integers(0, 3, count)
        self.made += count
        self.rows += [[*each, True] for each in zip(keys, bits, labels.tolist(), strict=True)]
        return np.packbits(bits, axis=1), keys, labels

    @rule(count=st.sampled_from([0, 1, 1, 2, 5, 600]))
    def add(self, count):
        self.index.add(*self.fresh(count))

    @rule(share=st.sampled_from([0.1, 0.5, 1.0]))
    def remove(self, share):
        chosen = [row for row in self.rows if row[3] and self.rng.random() < share]
        self.index.remove([row[0] for row in chosen])
        for row in chosen:
            row[3] = False

    @precondition(lambda self: any(not row[3] for row in self.rows))
    @rule()
    def add_a_removed_key_again(self):
        gone = {row[0] for row in self.rows} - {row[0] for row in self.rows if row[3]}
        if gone:
            packed, _, labels = self.fresh(1)
            self.rows[-1][0] = min(gone)
            self.index.add(packed, [min(gone)], labels)

    @precondition(lambda self: any(row[3] for row in self.rows))
    @rule()
    def refuse_a_key_that_is_there(self):
        key = next(row[0] for row in self.rows if row[3])
        with pytest.raises(UsageError, match="already"):
            self.index.add(np.zeros((2, 2), np.uint8), ["new", key], np.zeros(2, int))

    @rule()
    def compact(self):
        before = self.index.compact()
        assert before.tolist() == [number for number, row in enumerate(self.rows) if row[3]]
        self.rows = [row for row in self.rows if row[3]]

    @rule(place=st.integers(0, 1))
    def save(self, place):
        self.index.save(self.places[place])
        self.saved[place] = [list(row) for row in self.rows]

    @precondition(lambda self: self.saved)
    @rule(place=st.integers(0, 1), verify=st.sampled_from(["size", "sha256"]))
    def open(self, place, verify):
        place = place if place in self.saved else next(iter(self.saved))
        self.index = HammingIndex.open(self.places[place], verify=verify)
        self.rows = [list(row) for row in self.saved[place]]

    @precondition(lambda self: self.saved)
    @rule()
    def no_file_is_left_over(self):
        for place in self.saved:
            index = HammingIndex.open(self.places[place])
            files = {f.entry["name"] for part in index._segments for f in part.files.values()}
            on_disk = {path.name for path in self.places[place].iterdir()}
            left = on_disk - files - {"manifest.json", "lock"}
            assert all(name.startswith("removed-") for name in left)
            assert len(left) == (len(index) < index.rows)

    @invariant()
    def finds_what_the_list_finds(self):
        if not hasattr(self, "index"):
            return
        assert len(self.index) == sum(row[3] for row in self.rows)
        assert self.index.rows == len(self.rows)
        queries = self.rng.random((2, BITS)) < 0.2
        where = self.rng.random(len(self.rows)) < 0.7
        label = int(self.rng.integers(0, 3))
        self.compare(queries, {}, [row[3] for row in self.rows])
        chosen = [
            row[3] and bool(there) and row[2] == label
            for row, there in zip(self.rows, where, strict=True)
        ]
        self.compare(queries, {"where": where, "label": label}, chosen)

    def compare(self, queries, options, chosen):
        packed = np.packbits(queries, axis=1)
        ranking = self.index.search(packed, 7, **options)
        ball = self.index.within(packed, 3, **options)
        for number, query in enumerate(queries):
            order = sorted(
                (int((query != row[1]).sum()), place)
                for place, row in enumerate(self.rows)
                if chosen[place]
            )
            padded = (order + [(np.inf, -1)] * 7)[:7]
            assert ranking.indices[number].tolist() == [place for _, place in padded]
            assert ranking.distances[number].tolist() == [distance for distance, _ in padded]
            inside = [(distance, place) for distance, place in order if distance <= 3]
            rows, distances = ball.of(number)
            assert rows.tolist() == [place for _, place in inside]
            assert distances.tolist() == [distance for distance, _ in inside]
        if self.rows:
            assert self.index.key(len(self.rows) - 1) == self.rows[-1][0]


@pytest.mark.parametrize("kernels", ["numba", "numpy"])
def test_any_changes_give_what_a_list_gives(monkeypatch, kernels):
    if kernels == "numba":
        pytest.importorskip("numba")
    monkeypatch.setenv("AEHASH_KERNELS", kernels)
    run_state_machine_as_test(Model, settings=settings(max_examples=40, stateful_step_count=12))


def index_of(bits, **columns):
    return HammingIndex.from_codes(np.packbits(bits, axis=1), bits.shape[1], **columns)


@settings(max_examples=30)
@given(
    st.lists(st.integers(1, 700), min_size=1, max_size=5),
    st.sampled_from([9, 16, 64]),
    st.integers(1, 40),
    st.integers(0, 2**32),
)
def test_parts_are_merged_exactly(counts, bits, k, seed):
    rng = np.random.default_rng(seed)
    codes = rng.random((sum(counts), bits)) < rng.choice([0.5, 1 / bits])
    queries = codes[rng.integers(0, len(codes), 3)]
    whole = index_of(codes)
    with tempfile.TemporaryDirectory() as folder:
        index = HammingIndex.from_codes(np.empty((0, -(-bits // 8)), np.uint8), bits)
        for part in np.split(codes, np.cumsum(counts)[:-1]):
            index.add(np.packbits(part, axis=1))
            index.save(folder)
        assert len(index._segments) == len(counts)
        index = HammingIndex.open(folder)
        packed = np.packbits(queries, axis=1)
        for threads in (1, None):
            one = whole.search(packed, k, threads=threads)
            other = index.search(packed, k, threads=threads)
            np.testing.assert_array_equal(one.indices, other.indices)
            np.testing.assert_array_equal(one.distances, other.distances)
            assert (one.distances[:, 0] == 0).all()
            radius = bits // 3
            one = whole.within(packed, radius, threads=threads)
            other = index.within(packed, radius, threads=threads)
            np.testing.assert_array_equal(one.offsets, other.offsets)
            np.testing.assert_array_equal(one.indices, other.indices)
            np.testing.assert_array_equal(one.distances, other.distances)


def test_a_change_that_is_refused_changes_nothing():
    rng = np.random.default_rng(0)
    index = index_of(rng.random((5, 16)) < 0.5, keys=list("abcde"), labels=np.arange(5))
    two = np.zeros((2, 2), np.uint8)
    sentences = [
        (lambda: index.add(two, ["f", "a"], [0, 0]), "key 'a' is that of row 0"),
        (lambda: index.add(two, ["f", "f"], [0, 0]), "'f' stands in rows 0 and 1"),
        (lambda: index.add(two, ["f"], [0, 0]), "2 rows and 1 keys"),
        (lambda: index.add(two, None, [0, 0]), "has keys and the new rows none"),
        (lambda: index.add(two, ["f", "g"]), "has labels and the new rows none"),
        (lambda: index.add(two, ["f", "g"], np.eye(2, dtype=int)), r"shape \(\) and"),
        (lambda: index.add(two, ["f", ""], [0, 0]), "not empty"),
        (lambda: index.add(two, "fg", [0, 0]), "must be a list"),
        (lambda: index.add(two, ["f", "g"], [0, 0, 0]), r"labels of shape \(3,\)"),
        (lambda: index.add(two[:, :1], ["f", "g"], [0, 0]), "16 bits are uint8"),
        (lambda: index.add(two.astype(np.int64), ["f", "g"], [0, 0]), "not int64"),
        (lambda: index.remove(["a", "zz", "zy"]), "no row 'zz' and 1 more; nothing was"),
        (lambda: index.remove("ab"), "no row 'ab'"),
        (lambda: index.remove(None), "must be a list, one for each row, not None"),
        (lambda: index.remove([7]), "must be text"),
        (lambda: index.remove(np.array("ab")), r"keys must be \(n,\), not of shape \(\)"),
        (lambda: index.add([[0, 0], [0]], ["f", "g"], [0, 0]), "every row of one length"),
        (lambda: index.add(two, ["f", "g"], [[0], [0, 1]]), "every row of one length"),
        (lambda: index.add(two, ["f", "g"], [0.5, np.nan]), "not float64"),
        (lambda: index.key(5), "Row 5 has no key: the index has 5 rows"),
        (lambda: index.key(-1), "row must be 0 or more, not -1"),
        (lambda: index.key(1.5), "row must be a whole number, not 1.5"),
    ]
    for change, sentence in sentences:
        with pytest.raises(UsageError, match=sentence):
            change()
        assert (len(index), index.rows) == (5, 5)
    index.remove("b")
    index.remove(np.array([b"c", b"c"]))
    assert (len(index), index.rows) == (3, 5)
    with pytest.raises(UsageError, match="no row 'b'"):
        index.remove("b")


def test_a_search_that_makes_no_sense_is_a_sentence():
    index = index_of(np.zeros((3, 12), bool), labels=np.eye(3, dtype=int))
    query = np.zeros((1, 2), np.uint8)
    sentences = [
        (lambda: index.search(query, 0), "k must be at least 1, not 0"),
        (lambda: index.search(query, 2.5), "k must be a whole number, not 2.5"),
        (lambda: index.search(query, True), "k must be at least 1, not True"),
        (lambda: index.within(query, -1), "radius must be 0 or more, not -1"),
        (lambda: index.within(query, 1.5), "radius must be a whole number, not 1.5"),
        (lambda: index.search([[0, 0], [0]], 1), "every row of one length"),
        (lambda: index.search(query[0], 1), "12 bits are uint8 of shape"),
        (lambda: index.search(query.astype(float), 1), "not float64"),
        (lambda: index.search(query + np.uint8(1), 1), "bits set beyond the first 12"),
        (lambda: index.search(query, where=np.ones(2, bool)), r"bool of shape \(3,\)"),
        (lambda: index.search(query, where=[0, 2, 1]), "not int64 of shape"),
        (lambda: index.search(query, label="cat"), "class number"),
        (lambda: index.search(query, threads=0), "threads must be a whole number"),
        (lambda: index.search(query, threads=4096), "threads is 4096"),
        (lambda: index.remove("a"), "no keys"),
        (lambda: index.key(0), "The index has no keys: give them when it is made"),
    ]
    for search, sentence in sentences:
        with pytest.raises(UsageError, match=sentence):
            search()
    with pytest.raises(UsageError, match="no labels"):
        index_of(np.zeros((3, 12), bool)).search(query, label=1)


def test_labels_choose_rows():
    codes = np.zeros((4, 8), bool)
    query = np.zeros((1, 1), np.uint8)
    several = index_of(codes, labels=np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 0]]))
    assert several.within(query, label=1).indices.tolist() == [1, 3]
    assert several.within(query, label=[0, 2]).indices.tolist() == [0, 1, 2]
    for nobodys in (3, -1, [7, -2], 2**63):
        assert several.within(query, label=nobodys).indices.tolist() == []
    assert several.within(query, label=[2, 9, -1]).indices.tolist() == [2]
    numbers = index_of(codes, labels=np.array([2, 0, 2, 1]))
    assert numbers.within(query, label=2).indices.tolist() == [0, 2]
    for nobodys in (7, -1, [7, -2], 2**63):
        assert numbers.within(query, label=nobodys).indices.tolist() == []
    assert numbers.within(query, label=[1, 9, -1]).indices.tolist() == [3]
    where = np.array([False, True, True, True])
    assert numbers.within(query, label=[1, 2], where=where).indices.tolist() == [2, 3]


@pytest.mark.parametrize("marks", [[2, 0, 1], [[1, 0], [0, 1], [1, 1]]])
def test_what_was_handed_over_may_be_changed_after(marks):
    packed, keys = np.array([[0], [1], [3]], np.uint8), np.array([b"a", b"b", b"c"])
    labels = np.array(marks, np.int64 if np.ndim(marks) == 1 else np.uint8)
    index = HammingIndex.from_codes(packed, 8, keys, labels)
    index.add(packed[:0], keys[:0], labels[:0])
    more = np.array([b"d"])
    index.add(packed[:1], more, labels[:1])
    for each in (packed, labels):
        each[:] = 7
    keys[:], more[:] = b"z", b"y"
    query = np.zeros((1, 1), np.uint8)
    assert [index.key(row) for row in range(4)] == ["a", "b", "c", "d"]
    assert index.within(query, 8).distances.tolist() == [0, 0, 1, 2]
    assert index.within(query, 8, label=0).indices.tolist() == [[1], [0, 3, 2]][np.ndim(marks) - 1]


def test_an_empty_index_finds_nothing(tmp_path):
    index = HammingIndex.from_codes(np.empty((0, 2), np.uint8), 16, [])
    queries = np.zeros((3, 2), np.uint8)
    index.save(tmp_path / "index")
    index = HammingIndex.open(tmp_path / "index")
    assert (len(index), index.rows) == (0, 0)
    ranking = index.search(queries, 2)
    assert ranking.indices.tolist() == [[-1, -1]] * 3
    assert np.isinf(ranking.distances).all()
    assert index.within(queries).offsets.tolist() == [0, 0, 0, 0]
    assert index.search(queries[:0], 2).indices.shape == (0, 2)
    index.add(queries, ["a", "b", "c"])
    index.remove(["a", "b", "c"])
    assert index.search(queries[:1], 1).indices.tolist() == [[-1]]
    assert index.compact().tolist() == []
    with pytest.raises(UsageError, match="no row 'a'"):
        index.remove("a")


def test_a_search_sees_the_rows_that_were_there_when_it_began():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 256, (2000, 2), np.uint8)
    index = HammingIndex.from_codes(codes[:100], 16)
    wrong = []

    def read():
        while index.rows < 2000:
            before = index.rows
            rows = np.sort(index.within(codes[:2], 16).of(1)[0])
            after = index.rows
            if not (before <= len(rows) <= after and (rows == np.arange(len(rows))).all()):
                wrong.append((before, len(rows), after))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for each in readers:
        each.start()
    for start in range(100, 2000, 10):
        index.add(codes[start : start + 10])
    for each in readers:
        each.join()
    assert not wrong
