"""Histograms of distances, against counting them all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.index import hamming_distances
from aehash.index.spread import CodeSpread, feature_spread


@given(
    st.integers(1, 300), st.integers(1, 130), st.booleans(), st.integers(1, 2), st.integers(0, 99)
)
def test_counts_are_those_of_all_distances(n, bits, masked, threads, seed):
    random = np.random.default_rng(seed)
    codes = np.packbits(random.integers(0, 2, (n, bits), np.uint8), axis=1)
    where = random.random(n) < 0.5 if masked else None
    distances = hamming_distances(codes[:1], codes)[0]
    if where is not None:
        distances = distances[where]
    found = CodeSpread.of(codes, bits).around(codes[0], where=where, threads=threads)
    assert found.counts.tolist() == np.bincount(distances, minlength=bits + 1).tolist()
    assert found.edges.tolist() == list(range(bits + 2))
    assert found.rows == len(distances)


def test_many_rows_are_counted_in_parts(monkeypatch):
    monkeypatch.setattr("aehash.index.spread._CHUNK", 64)
    codes = np.random.default_rng(0).integers(0, 256, (1000, 5), np.uint8)
    distances = hamming_distances(codes[:1], codes)[0]
    found = CodeSpread.of(codes, 40).around(codes[0])
    assert found.counts.tolist() == np.bincount(distances, minlength=41).tolist()


def test_a_code_of_another_width_is_refused():
    with pytest.raises(UsageError, match="of 16 bits"):
        CodeSpread.of(np.zeros((3, 2), np.uint8), 16).around(np.zeros(3, np.uint8))


@given(st.integers(1, 200), st.booleans(), st.sampled_from([10, 1000]), st.integers(0, 99))
def test_features_are_counted_over_their_range(n, masked, sample, seed):
    random = np.random.default_rng(seed)
    features = random.normal(size=(n, 7)).astype(np.float32)
    where = random.random(n) < 0.5 if masked else None
    query = random.normal(size=7).astype(np.float32)
    found = feature_spread(features, query, where=where, sample=sample)
    chosen = features if where is None else features[where]
    assert found.rows == found.counts.sum() == min(len(chosen), sample)
    if 0 < len(chosen) <= sample:
        apart = chosen.astype(np.float64) - query
        distances = np.sqrt(np.einsum("ij,ij->i", apart, apart))
        counts, edges = np.histogram(distances, 64, (distances.min(), distances.max()))
        assert np.array_equal(found.counts, counts)
        assert np.array_equal(found.edges, edges)
