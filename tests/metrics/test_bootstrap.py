import numpy as np
import pytest

from aehash.metrics import bootstrap
from aehash.metrics.bootstrap import bootstrap_intervals


def test_an_interval_covers_the_mean_and_has_the_normal_width():
    values = np.random.default_rng(0).normal(3, 1, 2000)
    low, high = bootstrap_intervals({"x": values}, seed=1)["x"]
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(2000), rel=0.1)


def test_it_equals_drawing_queries_again_one_resample_at_a_time():
    values = np.random.default_rng(0).random(50)
    generator = np.random.default_rng(7)
    drawn = [values[generator.integers(0, 50, 50)].mean() for _ in range(200)]
    expected = np.percentile(drawn, [2.5, 97.5])
    found = bootstrap_intervals({"x": values}, seed=7, resamples=200)["x"]
    assert found == pytest.approx(tuple(expected))


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch):
    values = {"a": np.random.default_rng(0).random(40), "b": np.ones(40)}
    whole = bootstrap_intervals(values, seed=3)
    monkeypatch.setattr(bootstrap, "_CELLS", 100)
    again = bootstrap_intervals(values, seed=3)
    assert again.keys() == whole.keys()
    assert again["a"] == pytest.approx(whole["a"])
    assert whole["b"] == (1.0, 1.0)


def test_one_query_has_no_width():
    assert bootstrap_intervals({"a": np.array([0.25])})["a"] == (0.25, 0.25)
