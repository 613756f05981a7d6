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
