"""Each .ipynb has the cells of its source. That all run is seen by ``make test-notebooks``."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
SOURCES = sorted(FOLDER.glob("[0-9]*.py"))
QUICK = "00_tour"


def maker():
    """Import notebooks/make.py, which is no module of a package."""
    spec = importlib.util.spec_from_file_location("make_notebooks", FOLDER / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_what_is_kept_has_the_cells_of_its_source(path):
    assert maker().stale(path) is None


def test_an_edited_source_is_noticed(tmp_path):
    make, kept = maker(), FOLDER / f"{QUICK}.ipynb"
    source = tmp_path / f"{QUICK}.py"
    source.write_text((FOLDER / source.name).read_text(encoding="utf-8") + "\n# %%\nprint(1)\n")
    assert make.stale(source) == f"{QUICK}.ipynb is missing."
    source.with_suffix(".ipynb").write_bytes(kept.read_bytes())
    assert make.stale(source) == f"{QUICK}.ipynb has other cells than {QUICK}.py."


@pytest.mark.training
def test_the_tour_runs_as_a_script(tmp_path):
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{QUICK}.py")],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert "map@5/min_k" in done.stdout
    assert list(tmp_path.rglob("search.png"))
