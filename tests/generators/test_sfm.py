"""Lists of retrieval-SfM: what they say, and that nothing in them can run."""

import json
import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import AehashError, UsageError
from aehash.generators.sfm import image_path, read_scenes

CIDS = ["0123456789abcdef", "fedcba9876543210", "00000000000000aa", "00000000000000bb"]
SIDE = {
    "cids": CIDS,
    "cluster": [7, 7, 7, 9],
    "qidxs": [0, 1, 2, 2, 3],
    "pidxs": [1, 2, 0, 2, 0],
}


def written(folder, value=None, protocol=2, name="list.pkl"):
    path = folder / name
    whole = {"train": SIDE, "val": {**SIDE, "cluster": [1, 1, 1, 1]}} if value is None else value
    path.write_bytes(pickle.dumps(whole, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_plain_pickle_of_any_protocol(tmp_path, protocol):
    scenes = read_scenes(written(tmp_path, protocol=protocol))
    assert scenes.paths[0] == "ef/cd/ab/0123456789abcdef" == image_path(CIDS[0])
    assert scenes.clusters.tolist() == [7, 7, 7, 9]
    assert scenes.pairs.tolist() == [[0, 1], [1, 2], [2, 0]]
    assert scenes.dropped == 2  # an image with itself, and one of another model
    assert read_scenes(tmp_path / "list.pkl", "val").pairs[-1].tolist() == [3, 0]


def test_json_says_the_same(tmp_path):
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"train": SIDE}))
    one, other = read_scenes(path), read_scenes(written(tmp_path))
    assert one.paths == other.paths
    np.testing.assert_array_equal(one.pairs, other.pairs)


class Runs:
    """Something that runs a command when it is loaded."""

    def __reduce__(self):
        return os.mkdir, (Runs.folder,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("where", ["top", "side", "cids"])
def test_nothing_in_it_is_run(tmp_path, protocol, where):
    Runs.folder = str(tmp_path / "made")
    bad = {"top": Runs(), "side": {"train": Runs()}, "cids": {"train": {**SIDE, "cids": [Runs()]}}}
    path = written(tmp_path, bad[where], protocol)
    with pytest.raises(AehashError, match="can run code, so it is not loaded"):
        read_scenes(path)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x02\x82\x01.",  # a class of the extension registry
        b"Pname\n.",  # a persistent id
        b"\x80\x02]]\x81.",  # NEWOBJ
        b"\x80\x02}}b.",  # BUILD
        b"(S'a'\nios\nsystem\n.",  # INST
        b"\x80\x05\x97.",  # an outside buffer
    ],
)
def test_instructions_that_could_name_or_call_are_refused(tmp_path, data):
    path = tmp_path / "list.pkl"
    path.write_bytes(data)
    with pytest.raises(AehashError, match="can run code, so it is not loaded"):
        read_scenes(path)


def test_arrays_are_refused_with_what_to_do(tmp_path):
    path = written(tmp_path, {"train": {**SIDE, "cluster": np.array(SIDE["cluster"])}})
    with pytest.raises(AehashError, match=r"GLOBAL .* as JSON, arrays as lists"):
        read_scenes(path)


def test_a_huge_store_takes_no_memory(tmp_path):
    path = tmp_path / "list.pkl"
    path.write_bytes(b"\x80\x02}r\xff\xff\xff\x7f.")
    with pytest.raises(AehashError, match="damaged at byte 3"):
        read_scenes(path)


@settings(max_examples=150)
@given(data=st.data())
def test_damage_is_a_sentence(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    content = bytearray(pickle.dumps({"train": SIDE}, protocol=data.draw(st.integers(0, 4))))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path = folder / "damaged.pkl"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        read_scenes(path)
    except AehashError as error:
        assert len(str(error)) < 900


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"cids": None}, "cids should be a list, not a NoneType"),
        ({"cids": []}, "there are no images"),
        ({"cids": ["abcdef", "../../etc/passwd"]}, "cid '../../etc/passwd' is not a name"),
        ({"cids": ["abcdef", "abcd.."]}, "is not a name of six"),
        ({"cids": ["abcdef", 3]}, "the cid of type int is not a name"),
        ({"cids": [CIDS[0]] * 4}, "3 cids stand more than once"),
        ({"cluster": [7, 7, 7]}, "4 cids with 3 clusters"),
        ({"cluster": [7, 7, 7, 1.5]}, "cluster holds 1.5, which is no whole number"),
        ({"cluster": [7, 7, 7, 1 << 70]}, "cluster holds of type int, which is no whole number"),
        ({"qidxs": [0]}, "1 qidxs with 5 pidxs"),
        ({"pidxs": [1, 2, 0, 2, 4]}, "a pair names image 4, and they go from 0 to 3"),
    ],
)
def test_a_side_that_does_not_fit_is_a_sentence(tmp_path, change, sentence):
    with pytest.raises(AehashError, match=sentence):
        read_scenes(written(tmp_path, {"train": {**SIDE, **change}}))


def test_a_side_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(UsageError, match=r"no side 'valid'.*Did you mean 'val'"):
        read_scenes(written(tmp_path), "valid")
    with pytest.raises(AehashError, match="should hold a dictionary with train and val"):
        read_scenes(written(tmp_path, [1]))
    with pytest.raises(AehashError, match="train should be a dictionary, not a list"):
        read_scenes(written(tmp_path, {"train": []}))
    with pytest.raises(AehashError, match="cannot be read"):
        read_scenes(tmp_path / "none.pkl")
    with pytest.raises(AehashError, match="cids should be a list and is missing"):
        read_scenes(written(tmp_path, {"train": {}}))


def test_values_that_hold_themselves_do_not_hang(tmp_path):
    bomb = []
    for _ in range(60):
        bomb = [bomb, bomb]
    with pytest.raises(AehashError, match="the cid of type list"):
        read_scenes(written(tmp_path, {"train": {**SIDE, "cids": [bomb]}}))
