"""The same session in codebooks of real pictures, with pictures that are not in them."""

import io
import zipfile

import numpy as np
import pytest
from page_browser import reading, started
from page_story import half_right, in_a_corner, tell
from PIL import Image
from small_run import SMALL
from web_site import running

from aehash import workflow
from aehash.codebook import Codebook

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.training, pytest.mark.data]

CLASSES, PHOTOS, OTHERS = 6, 50, 6


def digits(data_file, folder):
    """Write 600 digits of MNIST; give the file, and others with their classes."""
    with np.load(data_file("mnist.npz")) as file:
        np.savez(folder / "mnist.npz", images=file["x_train"][:600], labels=file["y_train"][:600])
        images, labels = file["x_test"][:60], file["y_test"][:60]
    return folder / "mnist.npz", [
        (Image.fromarray(image), str(label)) for image, label in zip(images, labels, strict=True)
    ]


def photos(data_file, folder):
    """Unpack some photographs of some classes; give their folder, and others."""
    others = []
    with zipfile.ZipFile(data_file("caltech_half.zip")) as file:
        names = {}
        for name in sorted(file.namelist()):
            names.setdefault(name.split("/")[1], []).append(name)
        most = sorted(names, key=lambda each: (-len(names[each]), each))[:CLASSES]
        for each in most:
            for name in names[each][:PHOTOS]:
                file.extract(name, folder)
            others += [(name, each) for name in names[each][PHOTOS : PHOTOS + OTHERS]]
        pictures = [
            (Image.open(io.BytesIO(file.read(name))).convert("RGB"), each) for name, each in others
        ]
    return folder / "caltech_half", pictures


#: How to write the data, the codes' bits, and what else stands in the recipe. The nets are not
#: trained: like pictures have like codes even so, and the marks have more to mend.
KINDS = {
    "mnist": (digits, 32, []),
    "caltech_half": (photos, 128, ["data.image_size=32", "data.channels=3"]),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_session_finds_more_of_the_kind(name, data_file, tmp_path):
    from aehash.web.shelf import Shelf

    write, bits, more = KINDS[name]
    data, pictures = write(data_file, tmp_path)
    settings = [*SMALL, "train.epochs=0", *more]
    recipe = workflow.make_recipe("plain", data=str(data), bits=bits, settings=settings)
    snapshot = workflow.train(recipe, runs=tmp_path / "runs")
    workflow.extract(snapshot.path, splits=["all"])
    folder = snapshot.path / "codes" / name / "all"
    book = Codebook.load(folder)
    labels = np.array([book.classes[label] for label in book.labels])
    shelf = Shelf.open([folder], tmp_path / "runs")
    shelf.start(lambda line: None).join()
    with started() as browser, running(shelf) as site, reading(browser, site.port) as reader:
        files = ((in_a_corner(picture), label) for picture, label in pictures)
        found = half_right(site, f"{name}-all", labels, files)
        before, after = tell(reader, f"{name}-all", *found, labels, tmp_path)
    assert after > before
