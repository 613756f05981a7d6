"""Two codebooks that are served: digits with their net, pictures in files without one."""

import io
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from aehash.codebook import Codebook

for name in ("flask", "waitress", "prometheus_client"):
    pytest.importorskip(name, reason="the extra 'web' is not installed: pip install 'aehash[web]'")

from web_site import running

from aehash.web.shelf import Shelf


class Books(NamedTuple):
    digits: Codebook
    photos: Codebook
    shelf: Shelf


@pytest.fixture(scope="session")
def photo_book(photos, tmp_path_factory):
    """A codebook of pictures in a folder: each class near its own centre, copies in two rows."""
    keys = sorted(path.relative_to(photos).as_posix() for path in photos.rglob("*.png"))
    labels = np.array(["bgr".index(key[0]) for key in keys])
    random = np.random.default_rng(0)
    features = random.normal(size=(len(keys), 32)) + 3 * random.normal(size=(3, 32))[labels]
    features[1] = features[0]
    book = Codebook.from_arrays(
        features=features.astype(np.float32),
        labels=labels,
        keys=keys,
        classes=["b", "g", "r"],
        source=str(photos),
    )
    folder = tmp_path_factory.mktemp("books") / "photos"
    book.save(folder)
    return folder


@pytest.fixture(scope="session")
def books(extracted, photo_book, trained):
    folders = [extracted / "train", photo_book]
    shelf = Shelf.open(folders, trained.root / "runs")
    said = []
    shelf.start(said.append).join()
    assert [each.state for each in shelf.books.values()] == ["ready", "none"], said
    return Books(*(Codebook.load(folder) for folder in folders), shelf)


@pytest.fixture(scope="session")
def site(books):
    with running(books.shelf) as found:
        yield found


@pytest.fixture
def picture():
    """Give a function from pixels to a file's bytes."""

    def write(pixels, kind="PNG", **options):
        file = io.BytesIO()
        Image.fromarray(np.asarray(pixels, np.uint8)).save(file, kind, **options)
        return file.getvalue()

    return write
