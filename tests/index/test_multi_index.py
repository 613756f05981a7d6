import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.index import HammingIndex, multi_index
from aehash.index.multi_index import MultiIndex
from aehash.index.multi_index_plan import Costs, scan_instead
from aehash.jit import VARIABLE
from aehash.parallel import cores

BITS = [13, 16, 24, 32, 48, 64, 72, 96, 128, 130, 192, 256]
KERNELS = ["numba", "numpy"]


@pytest.fixture(params=KERNELS)
def kernels(request, monkeypatch):
    monkeypatch.setenv(VARIABLE, request.param)
    return request.param


@pytest.fixture
def never_scan(monkeypatch):
    costs = Costs(query=0, lookup=1000, code=10, scan=1 << 40, read=0, start=0)
    monkeypatch.setattr(multi_index, "COSTS", dict.fromkeys(KERNELS, costs))


def packed(bits):
    return np.packbits(bits, axis=1)


def codes(generator, n, bits, clusters, flipped):
    """Codes around some centres, with many duplicates where few bits are flipped."""
    if not clusters:
        return generator.random((n, bits)) < 0.5
    centres = generator.random((clusters, bits)) < generator.choice([0.1, 0.5])
    return centres[generator.integers(0, clusters, n)] ^ (generator.random((n, bits)) < flipped)


@st.composite
def cases(draw):
    bits = draw(st.sampled_from(BITS))
    n, q = draw(st.integers(1, 400)), draw(st.integers(0, 12))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    clusters = draw(st.sampled_from([0, 1, 3, 20]))
    database = codes(generator, n, bits, clusters, draw(st.sampled_from([0, 0.01, 0.05])))
    asked = database[generator.integers(0, n, q)] ^ (generator.random((q, bits)) < 2 / bits)
    return database, asked


def naive(database, queries, radius):
    offsets, rows, found = [0], [], []
    for query in queries:
        distances = [int((query != row).sum()) for row in database]
        near = sorted((d, row) for row, d in enumerate(distances) if d <= radius)
        rows += [row for _, row in near]
        found += [d for d, _ in near]
        offsets.append(len(rows))
    return offsets, rows, found


def as_lists(found):
    return found.offsets.tolist(), found.indices.tolist(), found.distances.tolist()


def equal(found, wanted):
    for each, other in zip(as_lists(found), as_lists(wanted), strict=True):
        assert each == other


@pytest.mark.parametrize("name", KERNELS)
@settings(max_examples=80)
@given(cases(), st.integers(0, 12), st.integers(4, 20), st.integers(1, cores()), st.booleans())
def test_equals_a_naive_search(name, case, radius, substring, threads, scan):
    database, queries = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, name)
        if not scan:
            costs = Costs(query=0, lookup=1000, code=10, scan=1 << 40, read=0, start=0)
            patch.setattr(multi_index, "COSTS", dict.fromkeys(KERNELS, costs))
        bits = database.shape[1]
        index = MultiIndex.from_codes(packed(database), bits, substring=substring)
        found = index.within(packed(queries), radius, threads=threads)
    assert as_lists(found) == naive(database, queries, radius)
    assert found.indices.dtype == np.int64
    assert found.distances.dtype == np.float64


@settings(max_examples=60)
@given(cases(), st.integers(0, 12), st.integers(4, 20), st.integers(0, 10**5))
def test_both_kernels_make_the_same_plan(case, radius, substring, per_lookup):
    database, queries = case
    bits = database.shape[1]
    costs = Costs(query=0, lookup=per_lookup, code=500, scan=1, read=1, start=0)
    plans = []
    for name in KERNELS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(VARIABLE, name)
            patch.setattr(multi_index, "COSTS", {name: costs})
            index = MultiIndex.from_codes(packed(database), bits, substring=substring)
            plans.append(index.plan(packed(queries), radius))
    for field in ("linear", "radii", "lookups", "candidates", "costs"):
        np.testing.assert_array_equal(getattr(plans[0], field), getattr(plans[1], field))
    m = len(index.statistics.lengths)
    if radius < 4 * m and len(queries):
        assert ((plans[0].radii + 1).sum(axis=1) == min(radius, bits) + 1).all()


def test_candidates_are_known_exactly(kernels):
    generator = np.random.default_rng(3)
    database = codes(generator, 3000, 64, 10, 0.05)
    queries = database[:20]
    plan = MultiIndex.from_codes(packed(database), 64, substring=16).plan(packed(queries), 7)
    # Any 16 bits that lie together in memory: here, two bytes of the packed code.
    parts = packed(database).view(np.uint16).astype(np.int64)
    asked = packed(queries).view(np.uint16).astype(np.int64)
    differ = np.bitwise_count(asked[:, None] ^ parts[None])
    wanted = (differ <= plan.radii[:, None, :]).sum(axis=(1, 2))
    assert plan.candidates.tolist() == wanted.tolist()
    assert plan.lookups.tolist() == [
        sum([0, 1, 17, 137, 697][radius + 1] for radius in radii) for radii in plan.radii
    ]


def test_large_database_with_default_substrings(kernels, never_scan):
    generator = np.random.default_rng(4)
    for bits, clusters in ((64, 0), (64, 30), (128, 30), (200, 30)):
        database = packed(codes(generator, 12_000, bits, clusters, 0.03))
        index = MultiIndex.from_codes(database, bits)
        assert index.statistics.lengths
        scan = HammingIndex.from_codes(database, bits)
        for radius in (0, 3, 8):
            assert not index.plan(database[:50], radius).linear.any()
            equal(index.within(database[:50], radius), scan.within(database[:50], radius))


def test_many_near_codes_are_sorted(kernels, never_scan):
    """More than the sort's and the buckets' stretches, and more rows than fit beside them."""
    generator = np.random.default_rng(5)
    database = packed(codes(generator, 20_000, 64, 2, 0.02))
    index = MultiIndex.from_codes(database, 64)
    queries = database[:40]
    found = index.within(queries, 10)
    assert len(found.indices) > 40 * 5000
    equal(found, HammingIndex.from_codes(database, 64).within(queries, 10))


def test_some_queries_scan_and_others_look_up(kernels, monkeypatch):
    generator = np.random.default_rng(6)
    spread, crowded = codes(generator, 6000, 64, 0, 0), codes(generator, 6000, 64, 1, 0.02)
    database = packed(np.concatenate([spread, crowded]))
    index = MultiIndex.from_codes(database, 64)
    costs = Costs(query=0, lookup=10, code=1000, scan=2, read=0, start=0)
    monkeypatch.setattr(multi_index, "COSTS", dict.fromkeys(KERNELS, costs))
    queries = database[5980:6020]
    linear = index.plan(queries, 6).linear
    assert linear.tolist() == [False] * 20 + [True] * 20
    equal(index.within(queries, 6), HammingIndex.from_codes(database, 64).within(queries, 6))


def test_scan_is_chosen_where_together_it_saves_more_than_it_costs_to_begin():
    costs = Costs(query=0, lookup=0, code=0, scan=1, read=1, start=50)
    each = np.array([10, 150, 130])
    assert scan_instead(each, 100, costs, 1).tolist() == [False] * 3
    assert scan_instead(np.append(each, 300), 100, costs, 1).tolist() == [False, True, True, True]
    assert scan_instead(np.array([150]), 100, costs, 1).tolist() == [False]
    assert scan_instead(np.array([150]), 100, costs, 2).tolist() == [True]


def test_few_codes_and_wide_radii_are_scanned(kernels):
    generator = np.random.default_rng(7)
    few = packed(codes(generator, 9_999, 32, 0, 0))
    index = MultiIndex.from_codes(few, 32, threads=1)
    assert index.statistics.lengths == ()
    assert index.plan(few[:3], 2).linear.all()
    assert index.plan(few[:3], 2).radii.shape == (3, 0)
    more = packed(codes(generator, 10_000, 32, 0, 0))
    index = MultiIndex.from_codes(more, 32)
    assert index.statistics.lengths == (10, 11, 11)
    assert (index.plan(more[:3], 3).radii.sum(axis=1) == 1).all()
    assert index.plan(more[:3], 12).linear.all()
    wide = index.within(more[:3], 40)
    assert np.diff(wide.offsets).tolist() == [10_000] * 3


def test_nothing_to_find_and_nothing_to_search(kernels):
    empty = MultiIndex.from_codes(np.empty((0, 4), np.uint8), 32, substring=8)
    assert len(empty) == 0
    assert len(empty.within(np.zeros((2, 4), np.uint8), 3).indices) == 0
    index = MultiIndex.from_codes(np.zeros((5, 4), np.uint8), 32, substring=8)
    assert index.within(np.empty((0, 4), np.uint8), 3).offsets.tolist() == [0]
    assert index.within(np.full((1, 4), 255, np.uint8), 3).offsets.tolist() == [0, 0]


def test_one_row_has_no_bits_to_number(kernels, never_scan):
    index = MultiIndex.from_codes(np.array([[7, 7]], np.uint8), 16, substring=8)
    found = index.within(np.array([[7, 6]], np.uint8), 1)
    assert as_lists(found) == ([0, 1], [0], [1.0])


def test_statistics_and_keys():
    database = packed(codes(np.random.default_rng(8), 20_000, 64, 0, 0))
    index = MultiIndex.from_codes(database, 64, [f"image {row}" for row in range(20_000)])
    about = index.statistics
    assert (about.codes, about.bits, sum(about.lengths)) == (20_000, 64, 64)
    assert about.code_bytes == 160_000
    assert about.table_bytes > len(about.lengths) * 20_000 * 12
    assert str(about).startswith("20,000 codes of 64 bits, 6 tables, ")
    assert index.key(17) == "image 17"


def test_wrong_use_is_refused():
    database = np.zeros((4, 4), np.uint8)
    index = MultiIndex.from_codes(database, 32)
    with pytest.raises(UsageError, match="radius must be 0 or more, not -1"):
        index.within(database, -1)
    with pytest.raises(UsageError, match=r"radius must be a whole number, not 1\.5"):
        index.within(database, 1.5)
    with pytest.raises(UsageError, match=r"32 bits are uint8 of shape \(n, 4\)"):
        index.within(database[:, :3], 1)
    with pytest.raises(UsageError, match="32 bits are uint8"):
        index.plan(database.astype(np.int64), 1)
    with pytest.raises(UsageError, match="codes must be an array, every row of one length"):
        MultiIndex.from_codes([[1], [1, 2]], 32)
    with pytest.raises(UsageError, match="queries must be an array, every row of one length"):
        index.within([[1], [1, 2]], 1)
    with pytest.raises(UsageError, match="substring must be from 4 to 24 bits, not 3"):
        MultiIndex.from_codes(database, 32, substring=3)
    with pytest.raises(UsageError, match="this process may use"):
        index.within(database, 1, threads=cores() + 1)
    with pytest.raises(UsageError, match="bits set beyond the first 30"):
        MultiIndex.from_codes(np.full((4, 4), 255, np.uint8), 30)
    with pytest.raises(UsageError, match="bits set beyond the first 30"):
        MultiIndex.from_codes(database, 30).within(np.full((4, 4), 255, np.uint8), 2)
