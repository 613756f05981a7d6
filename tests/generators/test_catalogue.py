"""The catalogue is whole, and the package neither starts Keras nor answers to two names."""

import subprocess
import sys
from pathlib import Path

import pytest

from aehash import generators
from aehash.generators import CATALOGUE, DatasetInfo

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
    assert info.bytes > 1_000_000


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
