"""Two codebooks that are served: digits with their net, pictures in files without one."""

import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from aehash.codebook import Codebook

_MISSING = [name for name in ("flask", "waitress", "prometheus_client") if find_spec(name) is None]
#: Without the extra nothing here can be imported; `test_installed.py` says so.
collect_ignore = [
    path.name
    for path in Path(__file__).parent.glob("test_*.py")
    if _MISSING and path.name != "test_installed.py"
]


class Books(NamedTuple):
    digits: Codebook
    photos: Codebook
    shelf: Any


@pytest.fixture(autouse=True, scope="session")
def no_compiling():
    """Let NumPy do the kernels' work: the same results, and nothing waits for a compiler."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AEHASH_KERNELS", "numpy")
        yield


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
    from aehash.web.shelf import Shelf

    folders = [extracted / "train", photo_book]
    shelf = Shelf.open(folders, trained.root / "runs")
    said = []
    shelf.start(said.append).join()
    assert [each.state for each in shelf.books.values()] == ["ready", "none"], said
    return Books(*(Codebook.load(folder) for folder in folders), shelf)


@pytest.fixture(scope="session")
def site(books):
    from web_site import running

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
