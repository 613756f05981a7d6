"""Codebooks of real digits for tests of feedback, made without a net."""

import numpy as np
import pytest

from aehash.codebook import Codebook

DATABASE, QUERIES = 300, 40


def digits_book(rows, split, **changes):
    """Take rows of scikit-learn's digits: features are pixels, codes whether they are bright."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    parts = {
        "features": (digits.data[rows] - 7.5).astype(np.float32),
        "labels": digits.target[rows],
        "keys": [f"all/{row}" for row in rows],
        "classes": [str(number) for number in range(10)],
        "source": "digits",
        "split": split,
    }
    return Codebook.from_arrays(**{**parts, **changes})


@pytest.fixture
def digit_books(tmp_path, monkeypatch):
    """``codes/train`` and ``codes/test`` in the working folder."""
    monkeypatch.chdir(tmp_path)
    digits_book(range(DATABASE), "train").save(tmp_path / "codes" / "train")
    digits_book(range(DATABASE, DATABASE + QUERIES), "test").save(tmp_path / "codes" / "test")
    return tmp_path
