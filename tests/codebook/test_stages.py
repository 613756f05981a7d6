"""What a manifest says of its stages."""

import pytest

from aehash.codebook.stages import digest_after, kept_file, origin_of, stages_of, stages_text
from aehash.errors import AehashError

DESCRIBE = {"name": "describe", "longest": 32, "scales": [1, 0.70711], "digest": "b", "of": "a"}
WHITEN = {"name": "whitening", "method": "pca", "dimensions": 12, "digest": "c", "of": "ab"}


def test_the_origin_is_what_the_first_stage_started_from():
    assert origin_of({"snapshot": "x"}) == "x"
    assert origin_of({"snapshot": "x", "stages": [DESCRIBE, WHITEN]}) == "a"
    assert origin_of({"snapshot": "x", "stages": [{"name": "whitening", "of": None}]}) is None
    assert origin_of({}) is None
    assert len({digest_after("a", "b"), digest_after("b", "a"), digest_after(None, "b")}) == 3


def test_stages_are_said_in_order():
    text = stages_text({"stages": [DESCRIBE, WHITEN]})
    assert text == "describe (longest 32, scales 1, 0.7071), whitening (pca, dimensions 12)"
    assert stages_text({}) is None
    assert stages_text({"stages": [{"scales": ["odd"]}]}) == "None (scales odd)"


def test_what_is_no_stage_is_a_sentence(tmp_path):
    for stages in ({"name": "x"}, ["x"], 3):
        with pytest.raises(AehashError, match="has stages that are none"):
            stages_of({"stages": stages})
    for file in (None, "", ".", "..", "../x", "gone.npz"):
        with pytest.raises(AehashError, match="does not keep what its stage 'whitening'"):
            kept_file(tmp_path, {**WHITEN, "file": file})
