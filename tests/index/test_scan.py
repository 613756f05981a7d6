"""Every scan equals a stable argsort of the distances, whoever does it, in however many threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash import parallel
from aehash.index import planes, scan, scan_numpy

KERNELS = ("numba", "numpy")
WIDTHS = (1, 8, 33, 64, 257)
BOTH = sorted({1, parallel.cores()})


@pytest.fixture(autouse=True)
def _share_small_work(monkeypatch):
    monkeypatch.setattr(scan, "_PART", 1)
    monkeypatch.setattr(scan, "_SHARED", 8)
    monkeypatch.setattr(scan, "_GROUP", 16)
    monkeypatch.setattr(scan_numpy, "_BLOCKS", 2)
    monkeypatch.setattr(scan_numpy, "_SAMPLE", 100)


def distances_of(queries, codes):
    """Count differing bits, one query at a time."""
    return np.stack([np.bitwise_count(codes ^ query).sum(axis=1, dtype=int) for query in queries])


def ranked(distances, k, where):
    """Sort each row stably, and fill up with -1 and infinity."""
    rows = np.flatnonzero(where)
    indices = np.full((len(distances), k), -1)
    values = np.full((len(distances), k), np.inf)
    for query, row in enumerate(distances):
        order = rows[np.argsort(row[rows], kind="stable")][:k]
        indices[query, : len(order)] = order
        values[query, : len(order)] = row[order]
    return indices, values


def check(packed, bits, queries, k, radius, where=None):
    """Compare both searches with the naive ones, by both kernels and all thread counts."""
    allowed = None if where is None else planes.mask_words(where)
    where = np.ones(len(packed), bool) if where is None else where
    laid = planes.to_planes(packed, bits)
    truth = distances_of(queries, packed)
    indices, values = ranked(truth, k, where)
    asked = (laid, len(packed), bits, queries)
    for kernels in KERNELS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AEHASH_KERNELS", kernels)
            for threads in BOTH:
                found = scan.nearest(*asked, k, allowed=allowed, threads=threads)
                assert np.array_equal(found[0], indices)
                assert np.array_equal(found[1], values)
                offsets, rows, inside = scan.within(
                    *asked, radius, allowed=allowed, threads=threads
                )
                for query, row in enumerate(truth):
                    part = slice(offsets[query], offsets[query + 1])
                    wanted = np.flatnonzero(where & (row <= radius))
                    wanted = wanted[np.argsort(row[wanted], kind="stable")]
                    assert np.array_equal(rows[part], wanted)
                    assert np.array_equal(inside[part], row[wanted])


@settings(max_examples=40)
@given(st.data())
def test_any_codes(data):
    bits = data.draw(st.sampled_from(WIDTHS))
    n = data.draw(st.sampled_from([1, 63, 64, 65, 511, 512, 513, 1500]))
    count = data.draw(st.sampled_from([1, 3, 4, 20]))
    k = data.draw(st.sampled_from([1, 2, 10, 64, 600]))
    radius = data.draw(st.integers(0, bits + 2))
    density = data.draw(st.sampled_from([0.5, 0.1, 0.01]))
    generator = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    packed = np.packbits(generator.random((n, bits)) < density, axis=1)
    queries = np.packbits(generator.random((count, bits)) < density, axis=1)
    queries[0] = packed[-1]
    where = generator.random(n) < 0.4 if data.draw(st.booleans()) else None
    check(packed, bits, queries, k, radius, where)


@pytest.mark.parametrize("bits", [512, 2056])
def test_long_codes(bits):
    generator = np.random.default_rng(bits)
    packed = generator.integers(0, 256, (700, bits // 8), np.uint8)
    check(packed, bits, packed[[5, 600, 5, 6, 7]], 20, bits // 2)


@pytest.mark.parametrize("nearest_first", [True, False])
def test_sorted_databases_and_many_ties(nearest_first):
    generator = np.random.default_rng(1)
    packed = np.packbits(generator.random((6000, 24)) < 0.3, axis=1)
    query = packed[:1]
    order = np.argsort(distances_of(query, packed)[0], kind="stable")
    packed = packed[order if nearest_first else order[::-1]]
    check(packed, 24, np.repeat(query, 5, axis=0), 300, 4)


def test_one_code_a_thousand_times():
    packed = np.full((5000, 2), 0xA5, np.uint8)
    check(packed, 16, packed[:6] ^ np.uint8(1), 100, 2)


def test_a_query_equal_to_a_row_finds_it():
    packed = np.random.default_rng(2).integers(0, 256, (3000, 8), np.uint8)
    indices, distances = scan.nearest(planes.to_planes(packed, 64), 3000, 64, packed, 1)
    assert np.array_equal(indices[:, 0], np.arange(3000))
    assert not distances.any()


def test_nothing_is_left_of_the_search_before():
    """One query after the other, whether or not the codes, k or the mask are the same."""
    generator = np.random.default_rng(7)
    several = [generator.integers(0, 256, (1100, 8), np.uint8) for _ in range(3)]
    for step in range(30):
        packed = several[step % 3][: 1100 - step % 2]
        k = (5, 5, 2000, 5000)[step % 4]
        where = generator.random(len(packed)) < 0.1 if step % 5 == 0 else None
        allowed = None if where is None else planes.mask_words(where)
        laid = planes.to_planes(packed, 64)
        found = scan.nearest(laid, len(packed), 64, packed[:1], k, allowed=allowed, threads=1)
        where = np.ones(len(packed), bool) if where is None else where
        indices, values = ranked(distances_of(packed[:1], packed), k, where)
        assert np.array_equal(found[0], indices)
        assert np.array_equal(found[1], values)


@pytest.mark.parametrize("near", [0, 1, 40, 90])
def test_a_sample_that_misleads_is_searched_again(monkeypatch, near):
    """Rows near the query stand just where the sample looks, and nowhere else."""
    from aehash.index import scan_compiled

    monkeypatch.setattr(scan_compiled, "_SAMPLED_K", 1)
    monkeypatch.setattr(scan_compiled, "_EXPECTED", 2)
    searches = []
    search = scan_compiled._nearest

    def counted(where, queries, *rest):
        searches.append(len(queries))
        return search(where, queries, *rest)

    monkeypatch.setattr(scan_compiled, "_nearest", counted)
    n, k, bits = 40 * 512, 80, 64
    generator = np.random.default_rng(near)
    packed = generator.integers(0, 256, (n, bits // 8), np.uint8)
    query = packed[:1].copy()
    for block in np.linspace(0, 39, -(-2 * 40 // k)).astype(int):
        packed[block * 512 : block * 512 + near] = query
    queries = np.concatenate([query, packed[-7:]])
    laid = planes.to_planes(packed, bits)
    found = scan.nearest(laid, n, bits, queries, k, threads=1)
    indices, values = ranked(distances_of(queries, packed), k, np.ones(n, bool))
    assert np.array_equal(found[0], indices)
    assert np.array_equal(found[1], values)
    assert (len(searches) > 1) == (near == 40)


@pytest.mark.parametrize("threads", BOTH)
def test_a_radius_that_holds_more_than_there_is_room_for(monkeypatch, threads):
    """The rows inside stand where no sample looks, or everywhere, or nowhere."""
    from aehash.index import scan_compiled

    monkeypatch.setattr(scan_compiled, "_ROOM", 4000)
    rooms = []
    search = scan_compiled._within

    def counted(*arguments):
        rooms.append(arguments[-1])
        return search(*arguments)

    monkeypatch.setattr(scan_compiled, "_within", counted)
    packed = np.random.default_rng(0).integers(0, 256, (100 * 512, 8), np.uint8)
    packed[14 * 512 : 19 * 512] = packed[9000]
    queries = packed[[9000, 9000, 7, 40_000, 20, 21]]
    laid = planes.to_planes(packed, 64)
    truth = distances_of(queries, packed)
    for radius in (0, 31, 64):
        offsets, rows, _ = scan.within(laid, len(packed), 64, queries, radius, threads=threads)
        for query, row in enumerate(truth):
            wanted = np.flatnonzero(row <= radius)
            wanted = wanted[np.argsort(row[wanted], kind="stable")]
            assert np.array_equal(rows[offsets[query] : offsets[query + 1]], wanted)
    assert len(rooms) > 3


@pytest.mark.parametrize("kernels", KERNELS)
def test_no_more_threads_than_pay(monkeypatch, kernels):
    """Equal results from whatever the amount of work allows."""
    monkeypatch.setenv("AEHASH_KERNELS", kernels)
    monkeypatch.setattr(parallel, "cores", lambda: 8)
    packed = np.random.default_rng(4).integers(0, 256, (10 * 512, 8), np.uint8)
    laid = planes.to_planes(packed, 64)
    used, found = [], []
    run = parallel.run
    monkeypatch.setattr(
        parallel, "run", lambda work, parts: used.append(len(parts)) or run(work, parts)
    )
    for share in (laid.nbytes, laid.nbytes // 2, laid.nbytes // 3, 1):
        used.clear()
        monkeypatch.setattr(scan, "_PART", share)
        found.append((scan.nearest(laid, len(packed), 64, packed[:1], 7), max(used, default=1)))
    assert [threads for _, threads in found] == [1, 2, 3, 8]
    for (indices, distances), _ in found:
        assert np.array_equal(indices, found[0][0][0])
        assert np.array_equal(distances, found[0][0][1])


def test_nothing_to_search_and_nothing_asked():
    empty = planes.to_planes(np.empty((0, 8), np.uint8), 64)
    indices, distances = scan.nearest(empty, 0, 64, np.zeros((2, 8), np.uint8), 3)
    assert (indices == -1).all() and np.isinf(distances).all()
    assert len(scan.within(empty, 0, 64, np.zeros((2, 8), np.uint8), 3)[1]) == 0
    laid = planes.to_planes(np.zeros((3, 8), np.uint8), 64)
    assert scan.nearest(laid, 3, 64, np.empty((0, 8), np.uint8), 3)[0].shape == (0, 3)


@pytest.mark.parametrize("shift", range(8, 64, 8))
def test_planes_that_stand_anywhere_in_memory(shift):
    packed = np.random.default_rng(3).integers(0, 256, (600, 8), np.uint8)
    laid = planes.to_planes(packed, 64)
    raw = np.empty(laid.nbytes + 128, np.uint8)
    start = -raw.ctypes.data % 64 + shift
    askew = raw[start : start + laid.nbytes].view(np.uint64).reshape(laid.shape)
    askew[:] = laid
    found = scan.nearest(askew, 600, 64, packed[:5], 2)
    assert np.array_equal(found[0][:, 0], np.arange(5))
