"""Pictures decoded in another process: the same pixels, whatever becomes of that process."""

import threading

import numpy as np
import pytest

from aehash.generators.images import UnreadableImage
from aehash.generators.sizes import Longest
from aehash.generators.uploads import Upload
from aehash.web.decoding import Decoders, Sent
from aehash.web.problems import Problem

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


@pytest.fixture(scope="module")
def decoders():
    found = Decoders(1)
    found.warm()
    yield found
    process = found._all[0].start()
    found.close()
    assert process.poll() is not None


@pytest.fixture
def data(picture):
    return picture(PIXELS, "JPEG")


def sent(data, decoders, wait=5.0):
    return Sent(data, decoders=decoders, most=1000, seconds=5.0, wait=wait)


@pytest.mark.parametrize("size", [None, 16, Longest(16)])
@pytest.mark.parametrize("crop", [None, (0.1, 0.5, 0.5, 0.25)])
def test_the_pixels_are_the_same(data, decoders, size, crop):
    here = Upload.of(data).pixels(size, 1, crop)
    there = sent(data, decoders).pixels(size, 1, crop)
    assert np.array_equal(there, here)
    assert there.flags.writeable


def test_a_process_that_ended_is_begun_anew(data, decoders):
    process = decoders._all[0].start()
    process.kill()
    process.wait(5)
    assert sent(data, decoders).pixels(None, 3).shape == PIXELS.shape


def test_a_decoder_that_dies_of_a_picture_is_the_pictures_fault(data, decoders, monkeypatch):
    monkeypatch.setattr("aehash.web.decoding.receive", lambda file: None)
    decoders._all[0]._ready = True
    with pytest.raises(UnreadableImage, match="its decoder failed at it"):
        sent(data, decoders).pixels(None, 3)
    monkeypatch.undo()
    assert sent(data, decoders).pixels(None, 3).shape == PIXELS.shape


def test_many_wait_for_one(data):
    decoders = Decoders(1)
    free = decoders._free.get()
    with pytest.raises(Problem, match="waiting to be decoded"):
        sent(data, decoders, wait=0.01).pixels(None, 3)
    decoders._free.put(free)
    found = []
    threads = [
        threading.Thread(
            target=lambda n=n: found.append((n, sent(data, decoders).pixels(n, 1).shape))
        )
        for n in range(5, 15)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(found) == [(n, (n, n, 1)) for n in range(5, 15)]
    decoders.close()
