"""PyTorch's files: values come through, code never does."""

import os
import pickle
import sys
from collections import OrderedDict

import numpy as np
import pytest

from aehash.errors import AehashError, UsageError
from aehash.torch_file import read_torch


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="torch is not installed: pip install 'aehash[torch]'"
    )


@pytest.mark.parametrize("zipped", [True, False])
def test_values_come_through(torch, tmp_path, zipped):
    arrays = {
        "float64": np.random.default_rng(0).normal(size=(3, 4)),
        "columns": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        "big": np.arange(4, dtype=">f8"),
        "empty": np.empty((0, 3), np.int64),
        "complex": np.array([1 + 2j]),
        "bool": np.array([True, False]),
    }
    tensors = OrderedDict(
        weight=torch.arange(6.0).reshape(2, 3).T,
        half=torch.tensor([1.5], dtype=torch.bfloat16),
        count=torch.tensor(7),
        parameter=torch.nn.Parameter(torch.ones(2)),
    )
    saved = {"state": tensors, "meta": {"arrays": arrays, "list": [1, (None, True)], "text": "ü"}}
    saved["scalar"] = np.float32(0.5)
    path = tmp_path / "file.pth"
    torch.save(saved, path, _use_new_zipfile_serialization=zipped)
    found = read_torch(path)
    for name, value in arrays.items():
        np.testing.assert_array_equal(found["meta"]["arrays"][name], value)
    assert found["meta"]["list"] == [1, (None, True)]
    assert (found["meta"]["text"], found["scalar"]) == ("ü", 0.5)
    np.testing.assert_array_equal(found["state"]["weight"], np.arange(6.0).reshape(2, 3).T)
    assert found["state"]["half"].dtype == np.float32
    assert (found["state"]["half"][0], found["state"]["count"]) == (1.5, 7)
    np.testing.assert_array_equal(found["state"]["parameter"], [1, 1])


class Code:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_is_never_run(torch, tmp_path, zipped):
    path = tmp_path / "file.pth"
    torch.save({"a": Code(str(tmp_path / "made"))}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(AehashError, match=r"holds \w+\.mkdir, an object that only code") as caught:
        read_torch(path)
    assert caught.value.exit_code == 1
    assert not (tmp_path / "made").exists()


def test_a_plain_pickle_with_code_is_not_run(torch, tmp_path):
    path = tmp_path / "file.pth"
    path.write_bytes(pickle.dumps(Code(str(tmp_path / "made")), protocol=2))
    with pytest.raises(AehashError, match=r"file\.pth"):
        read_torch(path)
    assert not (tmp_path / "made").exists()


def test_whole_nets_are_refused(torch, tmp_path):
    torch.save(torch.nn.Linear(2, 3), tmp_path / "net.pth")
    with pytest.raises(AehashError, match=r"holds torch\.nn\.modules\.linear\.Linear.*state_dict"):
        read_torch(tmp_path / "net.pth")


class Made:
    """A NumPy array that a file made up, by the calls and the state of its choice."""

    def __init__(self, kind, state):
        self.kind = kind
        self.state = state

    def __reduce__(self):
        from numpy._core.multiarray import _reconstruct

        return _reconstruct, (np.ndarray, (0,), b"b"), self.state


class Kind:
    """A NumPy type that a file made up."""

    def __init__(self, text):
        self.text = text

    def __reduce__(self):
        return np.dtype, (self.text, False, True)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ((1, (1,), np.dtype("O"), False, [1]), "NumPy array of 'O8'"),
        ((1, (1,), Kind("V8"), False, b"12345678"), "NumPy array of 'V8'"),
        ((1, (9,), np.dtype("f8"), False, b"12345678"), r"shape \(9,\) with 8 bytes"),
        ((1, (-1,), np.dtype("f8"), False, b""), "in a form that is not read"),
        ((1, (1,), "f8", False, b"12345678"), "in a form that is not read"),
        ((1, (1,), np.dtype("f8"), False, ["a"]), "in a form that is not read"),
        ((1, 2), "cannot be read"),
    ],
)
def test_arrays_that_a_file_made_up_are_refused(torch, tmp_path, state, sentence):
    torch.save({"a": Made(np.ndarray, state)}, tmp_path / "file.pth")
    with pytest.raises(AehashError, match=sentence):
        read_torch(tmp_path / "file.pth")


@pytest.mark.parametrize("content", [b"", b"text\n", b"PK\x03\x04 and no more", b"\x80\x02N."])
def test_other_files_are_refused(torch, tmp_path, content):
    path = tmp_path / "file.pth"
    path.write_bytes(content)
    with pytest.raises(AehashError, match=r"file\.pth cannot be read as a file of PyTorch"):
        read_torch(path)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_programs_are_refused(torch, tmp_path):
    path = tmp_path / "file.pth"
    torch.jit.save(torch.jit.trace(torch.nn.ReLU(), torch.ones(1)), path)
    with pytest.raises(AehashError, match=r"file\.pth is a TorchScript program"):
        read_torch(path)


def test_a_cut_file_is_refused(torch, tmp_path):
    path = tmp_path / "file.pth"
    torch.save({"a": torch.ones(1000)}, path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(AehashError, match="cannot be read"):
        read_torch(path)


def test_a_list_that_holds_itself_is_refused(torch, tmp_path):
    loop = []
    loop.append(loop)
    torch.save(loop, tmp_path / "file.pth")
    with pytest.raises(AehashError, match="cannot be read"):
        read_torch(tmp_path / "file.pth")


def test_a_missing_file_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="There is no file"):
        read_torch(tmp_path / "file.pth")


def test_missing_and_old_pytorch_are_said(tmp_path, monkeypatch):
    path = tmp_path / "file.pth"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(AehashError, match=r"not installed.*pip install 'aehash\[torch\]'"):
        read_torch(path)
    monkeypatch.setitem(sys.modules, "torch", type(sys)("torch"))
    sys.modules["torch"].__version__ = "2.5.1+cpu"
    with pytest.raises(AehashError, match=r"2\.5\.1\+cpu may run code"):
        read_torch(path)
