"""A hasher that is kept gives what hashing one image gives, and draws what the net draws."""

import numpy as np
import pytest
from PIL import Image

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.generators.sizes import Longest
from aehash.workflow.hasher import Hasher
from aehash.workflow.new_image import hash_image

pytestmark = pytest.mark.training


def test_it_hashes_as_one_image_is_hashed(trained, extracted, tmp_path):
    folder, runs = extracted / "train", trained.root / "runs"
    book = Codebook.load(folder)
    hasher = Hasher(folder, book, runs)
    hasher.prepare()
    assert (hasher.channels, hasher.reconstructs) == (1, True)
    for number, pixels in enumerate(np.load(trained.data)["images"][:3]):
        path = tmp_path / f"{number}.png"
        Image.fromarray(pixels).save(path)
        once = hash_image("once", path, 1, folder, book, runs)
        kept = hasher.hash("kept", hasher.read("kept", path))
        assert np.array_equal(kept.image, once.image)
        assert kept.feature == pytest.approx(once.feature, abs=1e-5)
        assert np.array_equal(kept.code, once.code)
        drawn = np.asarray(trained.snapshot.model()(once.image[None].astype(np.float32)))[0]
        assert np.abs(hasher.reconstruct(once.image) - 255 * np.clip(drawn, 0, 1)).max() <= 0.51


def test_a_net_that_only_describes_takes_any_size(described, photos, tmp_path):
    from aehash import workflow

    workflow.extract(described.path, splits=["all"], out=tmp_path / "codes")
    folder = tmp_path / "codes" / "all"
    book = Codebook.load(folder)
    hasher = Hasher(folder, book, described.path.parent)
    hasher.prepare()
    assert hasher.size == Longest(48)
    image = hasher.read("a", photos / book.key(4))
    assert hasher.hash("a", image).feature == pytest.approx(book.features[4], abs=1e-5)
    with pytest.raises(UsageError, match="has no decoder"):
        hasher.reconstruct(image)
