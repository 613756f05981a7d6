"""Tables of methods: means, deviations and means over classes against slow sums; who is best."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.metrics.bootstrap import bootstrap_intervals
from aehash.metrics.code_statistics import CodeStatistics
from aehash.metrics.method_summary import class_mean, tabulate
from aehash.metrics.method_table import METRICS, PIXELS, Method, Trial

PROTOCOL = {
    "metric": "hamming", "per": "min_k", "ties": "expected", "relevance": "any", "gain": "linear",
    "self_match": "none", "radius": None, "rerank": False, "ks": ["all", 1000],
    "database": {"source": "toy", "split": "train"}, "queries": {"source": "toy", "split": "test"},
}  # fmt: skip
GOOD = CodeStatistics(100, 16, 90, 0, 0.9)


def trial(values, bits=16, seed=0, codes=GOOD):
    values = np.asarray(values, np.float32)
    return Trial(bits, seed, {METRICS[0]: values, METRICS[1]: values / 2}, codes)


values_of_queries = st.integers(1, 12).flatmap(
    lambda q: st.tuples(
        st.lists(
            st.lists(st.floats(0, 1, width=32), min_size=q, max_size=q), min_size=1, max_size=4
        ),
        st.lists(st.integers(-1, 3), min_size=q, max_size=q),
    )
)


@given(values_of_queries)
@settings(max_examples=60)
def test_numbers_equal_slow_sums(drawn):
    seeds, labels = drawn
    trials = [trial(values, seed=number) for number, values in enumerate(seeds)]
    table = tabulate([Method("net", "learned", "", trials)], np.array(labels), PROTOCOL, 100)
    cell = table.rows[0].at(16, METRICS[0])
    means = [sum(values) / len(values) for values in seeds]
    assert cell.mean == pytest.approx(sum(means) / len(means))
    assert cell.seeds == len(seeds)
    if len(seeds) == 1:
        assert cell.sd is None
    else:
        assert cell.sd == pytest.approx(statistics.stdev(means), abs=1e-12)
    by_class = []
    for values in seeds:
        each = {
            label: [value for value, own in zip(values, labels, strict=True) if own == label]
            for label in set(labels) - {-1}
        }
        if each:
            inner = [sum(found) / len(found) for found in each.values()]
            by_class.append(sum(inner) / len(inner))
    if by_class:
        assert cell.by_class == pytest.approx(sum(by_class) / len(by_class))
    else:
        assert cell.by_class is None
    averaged = np.mean([np.asarray(values, np.float32) for values in seeds], axis=0, dtype=float)
    low, high = bootstrap_intervals({"a": averaged})["a"]
    assert (cell.low, cell.high) == pytest.approx((low, high))


def test_no_mean_over_classes_where_queries_have_several_labels():
    assert class_mean(np.ones(3), np.ones((3, 2), np.uint8)) is None
    assert class_mean(np.ones(3), None) is None
    table = tabulate(
        [Method("net", "learned", "", [trial([0, 1])])], np.ones((2, 3), int), PROTOCOL, 9
    )
    assert table.n_classes is None
    assert table.rows[0].at(16, METRICS[0]).by_class is None


def test_the_best_baseline_is_of_the_same_bits_and_of_pixels_or_the_same_encoder():
    rng = np.random.default_rng(0)
    base = rng.random(40)

    def method(name, kind, of, *levels):
        return Method(name, kind, of, [trial(base * level, bits) for bits, level in levels])

    methods = [
        method("net", "learned", "", (16, 0.5), (32, 0.6)),
        method("other", "learned", "", (16, 0.9)),
        method("ITQ of net", "code", "net", (16, 0.4), (32, 0.3)),
        method("ITQ of other", "code", "other", (16, 0.8)),
        method("ITQ of pixels", "code", PIXELS, (16, 0.3), (32, 0.7), (64, 0.9)),
        method("floats", "floats", "net", (16, 1.0), (32, 1.0)),
    ]
    table = tabulate(methods, None, PROTOCOL, 100)
    found = [
        (each.learned, each.bits, each.baseline)
        for each in table.held
        if each.difference.metric == METRICS[0]
    ]
    assert found == [
        ("net", 16, "ITQ of net"),
        ("net", 16, "ITQ of pixels"),
        ("net", 32, "ITQ of pixels"),
        ("other", 16, "ITQ of other"),
        ("other", 16, "ITQ of pixels"),
    ]
    assert len(table.held) == 2 * len(found)
    assert table.widths == [16, 32, 64]
    first = table.held[0]
    assert first.difference.mean == pytest.approx(0.1 * base.mean(), rel=1e-5)
    assert "net is better by" in first.verdict
    assert first.verdict.startswith("16 bits, net against ITQ of net:")
    lost = next(each for each in table.held if (each.learned, each.bits) == ("net", 32))
    assert "ITQ of pixels is better by" in lost.verdict


def test_values_are_averaged_over_seeds_before_they_are_compared():
    net = [trial([0.2, 0.4, 0.9], seed=0), trial([0.4, 0.4, 0.1], seed=1)]
    rival = [trial([0.1, 0.4, 0.5], seed=0), trial([0.3, 0.2, 0.5], seed=1)]
    table = tabulate(
        [Method("net", "learned", "", net), Method("ITQ", "code", PIXELS, rival)],
        None, PROTOCOL, 100,
    )  # fmt: skip
    np.testing.assert_allclose(table.held[0].difference.by_query, [0.1, 0.1, 0.0], atol=1e-6)


def test_numbers_for_all_widths_stand_in_each():
    methods = [
        Method("net", "learned", "", [trial([0.5], 16), trial([0.5], 32)]),
        Method("chance", "chance", "", [trial([0.1], None, None, None)]),
        Method("left out", "code", PIXELS, []),
    ]
    table = tabulate(methods, np.array([0]), PROTOCOL, 100)
    assert [row.name for row in table.rows] == ["net", "chance"]
    assert table.rows[1].at(16, METRICS[0]) == table.rows[1].at(32, METRICS[0])
    assert not table.rows[1].codes
    assert table.held == []


def test_collapse_and_the_worst_of_the_seeds_are_told():
    bad = CodeStatistics(100, 16, 2, 14, 0.1)
    table = tabulate(
        [Method("net", "learned", "", [trial([0.5]), trial([0.4], seed=1, codes=bad)])],
        None, PROTOCOL, 100,
    )  # fmt: skip
    figures = table.rows[0].codes[16]
    assert (figures.constant_bits, figures.distinct, figures.entropy) == (14, 2, 0.1)
    (warning,) = table.warnings
    assert warning.startswith("net, 16 bits, seed 1: Collapsed codes")


def test_methods_of_other_queries_are_refused():
    methods = [
        Method("net", "learned", "", [trial([0.5, 0.5])]),
        Method("ITQ", "code", PIXELS, [trial([0.5])]),
    ]
    with pytest.raises(UsageError, match="same queries"):
        tabulate(methods, None, PROTOCOL, 100)
    with pytest.raises(UsageError, match="same queries"):
        tabulate([Method("net", "learned", "", [])], None, PROTOCOL, 100)
