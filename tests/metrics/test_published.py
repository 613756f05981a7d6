"""The published RetinaMNIST outputs of Akbacak 2023: collapsed codes, scored at chance."""

import numpy as np
import pytest

from aehash.codebook import Codebook
from aehash.metrics import code_statistics, collapse_warning, evaluate

pytestmark = pytest.mark.data


@pytest.fixture
def published(data_file):
    outputs = np.load(data_file("akbacak2023_retinamnist.npz"))
    labels = np.load(data_file("retinamnist.npz"))

    def book(bits, split):
        return Codebook.from_arrays(
            outputs[f"codes_{split}_{bits}"],
            features=outputs[f"features_{split}_{bits}"],
            labels=labels[f"{split}_labels"],
            source="retinamnist",
            split=split,
        )

    return book


def test_the_sixteen_bit_row_is_file_order(published):
    found = evaluate(
        published(16, "train"), published(16, "test"), radius=16, per="hits", ties="database"
    )
    rounded = [round(found.metrics[f"map@{k}/hits"], 4) for k in (5, 10, 15, 20)]
    assert rounded == [0.4815, 0.4457, 0.4113, 0.3781]


@pytest.mark.parametrize("per", ["min_k", "hits", "relevant"])
def test_without_an_order_of_ties_it_is_chance(published, per):
    found = evaluate(published(16, "train"), published(16, "test"), radius=16, per=per)
    for name, value in found.metrics.items():
        assert value == pytest.approx(found.chance[name], abs=1e-12)


@pytest.mark.parametrize(
    ("bits", "train", "constant", "everything"),
    [(16, 1, 16, 1), (32, 6, 29, 6), (48, 5, 45, 5), (64, 63, 48, 69)],
)
def test_the_codes_have_collapsed(published, bits, train, constant, everything):
    database, queries = published(bits, "train"), published(bits, "test")
    found = code_statistics(database.codes, bits)
    assert (found.distinct, found.constant_bits) == (train, constant)
    both = code_statistics(np.concatenate([database.codes, queries.codes]), bits)
    assert both.distinct == everything
    assert collapse_warning(found) is not None


def test_constant_codes_answer_with_the_largest_class(published):
    """All items tie: their expected votes are the database's classes, so class 0 always leads."""
    found = evaluate(published(16, "train"), published(16, "test"), ks=(20, "all"), by_class=True)
    table = found.by_class
    assert table.database.tolist() == [486, 128, 206, 194, 66]
    assert table.queries.tolist() == [174, 46, 92, 68, 20]
    assert table.largest == (["0"], 174 / 400)
    for k in (20, "all"):
        assert found.metrics[f"accuracy@{k}/majority"] == 174 / 400
        assert table.metrics[f"accuracy@{k}/majority"].tolist() == [1, 0, 0, 0, 0]
    assert found.chance["accuracy@all/majority"] == 174 / 400
    assert found.chance["accuracy@20/majority"] < 174 / 400
    assert table.confusion[0].sum(axis=1).tolist() == table.queries.tolist()
    assert table.divided.tolist() == [400, 0]


def test_features_do_not_say_more_than_the_largest_class(published):
    found = evaluate(
        published(64, "train"),
        published(64, "test"),
        metric="euclidean",
        ks=(20, 100),
        by_class=True,
    )
    low, high = found.ci95["accuracy@20/majority"]
    assert low < found.by_class.largest[1] + 0.05
    assert high > found.chance["accuracy@20/majority"]
    assert found.metrics["recall@100"] <= found.metrics["recall_bound@100"] < 1
