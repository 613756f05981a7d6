"""The wheel and the sdist hold the whole package, and only it."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OUTER = ("generators", "experiments")


def modules():
    """List what a wheel must hold, by looking at the checkout."""
    found = {f"{path.relative_to(ROOT)}" for path in (ROOT / "aehash").rglob("*.py")}
    for room in OUTER:
        found |= {f"aehash/{path.relative_to(ROOT)}" for path in (ROOT / room).rglob("*.py")}
    pages = (ROOT / "aehash" / "web" / "page").rglob("*")
    found |= {f"{path.relative_to(ROOT)}" for path in pages if path.is_file()}
    return found | {"aehash/py.typed"}


def build(kind, source, target):
    code = (
        f"from setuptools.build_meta import build_{kind} as build; import sys; build(sys.argv[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(target)], cwd=source, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (made,) = target.iterdir()
    return made


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what is packaged, since setuptools keeps what it built where it built it."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("aehash", *OUTER):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, copy / name, ignore=ignore)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    return copy


def wheel_names(path):
    with zipfile.ZipFile(path) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel(checkout, tmp_path):
    wheel = build("wheel", checkout, tmp_path)
    assert wheel_names(wheel) == modules()
    with zipfile.ZipFile(wheel) as archive:
        entry = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "aehash = aehash.cli.main:main" in archive.read(entry).decode()


def test_the_sdist_builds_the_same_wheel(checkout, tmp_path):
    for name in ("sdist", "wheel"):
        (tmp_path / name).mkdir()
    with tarfile.open(build("sdist", checkout, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    assert {path.name for path in source.iterdir()} >= {"README.md", "LICENSE", "setup.cfg"}
    assert wheel_names(build("wheel", source, tmp_path / "wheel")) == modules()
