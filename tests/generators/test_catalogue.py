"""The catalogue is whole, and the package neither starts Keras nor answers to two names."""

import subprocess
import sys
from pathlib import Path

import pytest

from aehash import generators
from aehash.generators import CATALOGUE, DatasetInfo
from aehash.generators.catalogue import families, known, suggestion

entries = pytest.mark.parametrize("info", CATALOGUE.values(), ids=list(CATALOGUE))


@entries
def test_entries_are_whole(info: DatasetInfo) -> None:
    assert CATALOGUE[info.name] is info
    assert len(set(info.classes)) == len(info.classes) > 1
    assert set(info.counts) <= {"train", "val", "test"} or set(info.counts) == {"all"}
    assert info.title
    assert info.licence
    assert info.citation
    if info.kind == "bundled":
        assert not info.url
        return
    kind, _, digits = info.checksum.partition(":")
    assert len(digits) == {"md5": 32, "sha256": 64}[kind]
    assert info.url.startswith("https://")
    assert info.filename in info.url
    assert info.bytes > 1_000_000 or (info.bytes == 0 and info.family)
    assert "MB" in info.size_text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pathmnist", "pathmnist"),
        ("PathMNIST", "pathmnist"),
        ("pathmnist:28", "pathmnist"),
        ("pathmnist_28", "pathmnist"),
        ("pathmnist:64", "pathmnist_64"),
        ("pathmnist_64", "pathmnist_64"),
        ("PathMNIST-224", "pathmnist_224"),
        ("OrganAMNIST 128", "organamnist_128"),
        ("CIFAR10", "cifar10"),
        ("MNIST", "mnist"),
        ("mnist:28", None),
        ("cifar10_32", None),
        ("pathmnist_63", None),
        ("64", None),
        ("", None),
    ],
)
def test_a_name_in_any_spelling(text: str, name: str | None) -> None:
    info = known(text)
    assert (info and info.name) == name


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("pathmnst", "Did you mean 'pathmnist'?"),
        ("pathmnst:64", "Did you mean 'pathmnist'?"),
        ("chestmnist_32", "chestmnist comes at 28, 64, 128, 224 pixels: chestmnist, chestmnist_64"),
        ("minst", "Did you mean 'mnist'?"),
    ],
)
def test_what_is_perhaps_meant(text: str, sentence: str) -> None:
    assert sentence in suggestion(text)


def test_a_set_of_several_sizes_is_one_family() -> None:
    assert len(families()) == 16
    for name in families():
        sizes = [info for info in CATALOGUE.values() if info.family == name]
        assert [info.image_size for info in sizes] in ([], [28, 64, 128, 224])
        assert len({info.checksum for info in sizes}) == len(sizes)
        assert len({info.classes for info in sizes}) <= 1
    checksums = [info.checksum for info in CATALOGUE.values() if info.checksum]
    assert len(set(checksums)) == len(checksums) == 51


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=False
    )


def test_opening_data_does_not_start_keras(tmp_path: Path) -> None:
    code = (
        "import sys; from aehash.generators import Augment, open_dataset; open_dataset('digits');"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    assert run(code, tmp_path).stderr == ""


def test_a_second_copy_is_refused() -> None:
    result = run("import generators", Path(generators.__file__).parents[1])
    if "No module named" in result.stderr:
        pytest.skip("not run from a checkout")
    assert "Write `import aehash.generators`." in result.stderr


def test_every_public_name_is_there() -> None:
    for name in generators.__all__:
        assert getattr(generators, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        generators.nothing  # noqa: B018
