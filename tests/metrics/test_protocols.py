"""Protocols by name: their facts, what was changed, and data that is not theirs."""

import json
from dataclasses import replace

import numpy as np
import pytest

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics import Protocol, evaluate
from aehash.metrics.landmark_conventions import LandmarkConventions
from aehash.metrics.landmarks import AP
from aehash.metrics.protocols import marked, named_protocol, named_protocols
from aehash.workflow.evaluate import evaluate_codes

NAMES = list(named_protocols())
LANDMARKS = ("oxford5k", "paris6k", "roxford5k", "rparis6k")
BY_LABELS = [name for name in NAMES if name not in LANDMARKS]


def book(n, split, source="cifar10"):
    generator = np.random.default_rng(n)
    return Codebook.from_arrays(
        generator.random((n, 8)) > 0.5,
        labels=generator.integers(0, 2, n),
        source=source,
        split=split,
    )


def test_the_promised_names_are_there():
    promised = {"akbacak2023", "air2023", "sureshkumar2024", "deephash-cifar10-1", "cifar10-I"}
    assert promised | {"cifar10-II", "nuswide21", "coco-hashnet", "mnist", "trec"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_protocol_states_its_sources(name):
    found = named_protocol(name)
    assert found.name == name
    assert found.sources
    assert all(found.sources.values())
    assert found.data
    json.dumps(found.as_dict(), allow_nan=False)


@pytest.mark.parametrize("name", BY_LABELS)
def test_the_headline_is_of_its_conventions(name):
    found = named_protocol(name)
    family, _, cut = found.headline.partition("@")
    k, _, per = cut.partition("/")
    assert k in {str(each) for each in found.conventions.ks}
    assert family in ("map", "precision")
    assert per in ("", found.conventions.per)


@pytest.mark.parametrize("name", BY_LABELS)
def test_the_headline_is_a_metric(name):
    conventions = {**named_protocol(name).conventions.as_dict(), "metric": "hamming"}
    conventions["rerank"] = False  # there are no features
    found = evaluate(book(40, "train"), book(6, "test"), **conventions)
    assert named_protocol(name).headline in found.metrics


@pytest.mark.parametrize("name", LANDMARKS)
def test_those_judged_by_a_ground_truth_say_so(name):
    found = named_protocol(name)
    assert found.judging == LandmarkConventions() == found.landmarks
    assert found.as_dict()["conventions"] == {
        "metric": "inner_product",
        "ties": "expected",
        "expand": 1,
        "alpha": 3.0,
        "augment": 1,
    }
    assert found.headline == AP
    assert found.changes(LandmarkConventions("hamming")) == [
        "metric=hamming instead of inner_product"
    ]
    with pytest.raises(UsageError, match="judged by its ground truth, not by labels"):
        evaluate_codes(found.conventions, name=name)


def test_a_misspelt_name_names_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'akbacak2023'"):
        named_protocol("akbcak2023")


@pytest.mark.parametrize("name", [None, 5, ["trec"]])
def test_what_is_no_name_is_refused_in_a_sentence(name):
    with pytest.raises(UsageError, match=r"There is no protocol .* Known: "):
        named_protocol(name)


def test_no_split_is_claimed_for_the_queries_of_retinamnist():
    named = named_protocol("akbacak2023")
    (retina,) = (each for each in named.data if each.name == "retinamnist")
    assert "test" not in retina.queries
    assert any("No split is named" in sentence for sentence in named.unverified)


def test_changes_are_listed():
    named = named_protocol("akbacak2023")
    assert named.changes(named.conventions) == []
    other = replace(named.conventions, radius=None, rerank=False, ks=(5,), exclude_self=False)
    assert named.changes(other) == [
        "radius=none instead of 20",
        "rerank=no instead of yes",
        "ks=5 instead of 5,10,15,20",
        "exclude_self=False instead of auto",
    ]


def test_data_of_the_protocols_kind_has_no_mismatch():
    named = named_protocol("deephash-cifar10-1")
    assert named.mismatches("cifar10", 1_000, 59_000) == []
    assert named.mismatches("/data/CIFAR10.npz", 1_000, 59_000) == []
    assert named_protocol("trec").mismatches(None, 3, 7) == []


@pytest.mark.parametrize(
    ("source", "queries", "database", "sentences"),
    [
        ("cifar10", 999, 59_000, ["it has 1,000 queries (100 of each class), and here are 999"]),
        ("cifar10", 1_000, 54_000, ["it has 59,000 database items"]),
        ("mnist", 1_000, 59_000, ["it is defined on cifar10, and these codes come from mnist"]),
        ("mnist", 1, 2, ["defined on cifar10", "1,000 queries", "59,000 database items"]),
        (None, 1_000, 59_000, ["these codes do not say what data they come from"]),
    ],
)
def test_other_data_is_said_to_be_other(source, queries, database, sentences):
    found = named_protocol("deephash-cifar10-1").mismatches(source, queries, database)
    assert len(found) == len(sentences)
    for sentence, expected in zip(found, sentences, strict=True):
        assert expected in sentence


def test_of_several_data_sets_the_closest_is_meant():
    (found,) = named_protocol("akbacak2023").mismatches("retinamnist", 400, 1_080)
    assert "150 queries" in found


def test_a_marked_evaluation_keeps_its_numbers():
    named = named_protocol("trec")
    plain = evaluate(
        book(30, "train"), book(5, "test"), per="relevant", ks=("all",), ties="database"
    )
    found = marked(plain, named, "cifar10")
    assert found.metrics == plain.metrics
    assert found.protocol["name"] == "trec"
    assert found.protocol["changed"] == ["ties=database instead of expected"]
    assert found.conventions == plain.conventions


def test_the_conventions_are_checked_like_any_others():
    for name in NAMES:
        assert isinstance(named_protocol(name).conventions, Protocol)


def test_the_medical_protocol_is_judged_by_class_and_says_what_is_open():
    found = named_protocol("sureshkumar2024")
    assert (found.by_class, found.hits, found.conventions.metric) == (True, 5, "euclidean")
    assert found.conventions.ks == (20, 40, 60, 80, 100)
    text = " ".join(found.unverified)
    assert "accuracy is not defined" in text
    assert "19.9, 40.0, 60.4, 81.2 and 101.1" in text
    assert not any(each.by_class for name, each in named_protocols().items() if name != found.name)


def test_table_one_of_the_medical_paper_divides_recall_by_about_n():
    """Recall = hits/M and precision = hits/n, so M = n * precision / recall."""
    precision, recall = (97.84, 97.15, 95.48, 95.66, 94.00), (98.42, 97.15, 94.87, 94.24, 93.00)
    cuts = named_protocol("sureshkumar2024").conventions.ks
    found = [round(n * p / r, 1) for n, p, r in zip(cuts, precision, recall, strict=True)]
    assert found == [19.9, 40.0, 60.4, 81.2, 101.1]
    assert round(sum(precision) / 5, 2) == 96.03
    assert round(sum(recall) / 5, 2) == 95.54
