import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from aehash.errors import UsageError
from aehash.hashing import METHODS, Hasher, fit_binariser

PIXELS, _ = load_digits(return_X_y=True)


@pytest.mark.parametrize("method", METHODS)
def test_it_gives_what_was_learned(method, tmp_path):
    bits = 64 if method == "sign" else 24
    made = Hasher(method, bits, seed=3)
    codes = made.fit_transform(PIXELS)
    learned = fit_binariser(PIXELS, method, bits, seed=3)
    assert made.binariser_.digest == learned.digest
    np.testing.assert_array_equal(codes, learned.packed(PIXELS))
    loose = made.set_params(packed=False).transform(PIXELS)
    assert loose.dtype == np.uint8 and loose.max() == 1
    np.testing.assert_array_equal(np.packbits(loose, axis=1), codes)
    made.save(tmp_path / "hash.npz")
    again = Hasher.load(tmp_path / "hash.npz")
    np.testing.assert_array_equal(again.transform(PIXELS), codes)
    assert (again.method, again.bits, again.packed) == (method, bits, True)
    assert again.seed == (3 if method in ("agh", "diffusion", "itq", "lsh") else 0)


def test_it_is_a_step_of_a_pipeline_and_can_be_cloned():
    made = Hasher("itq", 16, packed=False)
    assert clone(made).get_params() == made.get_params()
    line = make_pipeline(StandardScaler(), made).fit(PIXELS)
    expected = fit_binariser(StandardScaler().fit_transform(PIXELS), "itq", 16).codes
    np.testing.assert_array_equal(
        line.transform(PIXELS), expected(StandardScaler().fit_transform(PIXELS))
    )


def test_wrong_use_is_refused(tmp_path):
    for call in (lambda: Hasher("itq", 8).transform(PIXELS), lambda: Hasher().save(tmp_path / "x")):
        with pytest.raises(UsageError, match="Nothing was learned yet"):
            call()
    with pytest.raises(UsageError, match="itq needs a number of bits"):
        Hasher().fit(PIXELS)
    with pytest.raises(UsageError, match="no parameter 'bit'"):
        Hasher().set_params(bit=3)
