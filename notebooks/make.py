"""Run the notebooks' sources, and keep them with what came out as .ipynb.

    python notebooks/make.py                  all of them
    python notebooks/make.py 00_tour          one
    python notebooks/make.py --check          fail where an .ipynb has other cells than its source

Each ``NN_name.py`` is jupytext's percent format, which Jupyter opens as a notebook by it. They run
in an empty folder, on the data sets that are at hand.
"""

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import jupytext
import nbformat

FOLDER = Path(__file__).resolve().parent
LARGEST = 300_000
"""Bytes of an .ipynb, so that a code host still shows it."""
_NOISE = re.compile(r"^WARNING:tensorflow:.*\n?", re.MULTILINE)


def sources() -> list[Path]:
    """List the notebooks' sources."""
    return sorted(FOLDER.glob("[0-9]*.py"))


def stale(source: Path) -> str | None:
    """Say in what an .ipynb differs from its source.

    Args:
        source: The percent file.

    Returns:
        A sentence; None where they have the same cells.
    """
    paired = source.with_suffix(".ipynb")
    if not paired.exists():
        return f"{paired.name} is missing."
    cells = [_cells(jupytext.read(source)), _cells(nbformat.read(paired, as_version=4))]
    if cells[0] != cells[1]:
        return f"{paired.name} has other cells than {source.name}."
    if paired.stat().st_size > LARGEST:
        return f"{paired.name} is larger than {LARGEST:,} bytes."
    return None


def _cells(notebook: Any) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def run(source: Path) -> Path:
    """Run a notebook in an empty folder.

    Args:
        source: The percent file.

    Returns:
        The .ipynb beside it.
    """
    from nbclient import NotebookClient

    notebook = jupytext.read(source)
    with tempfile.TemporaryDirectory(prefix="aehash-notebook-") as folder:
        os.environ.update(TMPDIR=folder, TF_CPP_MIN_LOG_LEVEL="3")
        NotebookClient(
            notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": folder}}
        ).execute()
    paired = source.with_suffix(".ipynb")
    nbformat.write(_lean(notebook, folder), paired)
    return paired


def _lean(notebook: Any, folder: str) -> Any:
    """Leave out what changes from run to run and says nothing: times, names, standard error."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", {}
        if cell.cell_type != "code":
            continue
        cell.outputs = _joined([each for each in cell.outputs if each.get("name") != "stderr"])
        for output in cell.outputs:
            if "text" in output:
                output.text = _NOISE.sub("", _placeless(output.text, folder))
    return notebook


def _placeless(text: str, folder: str) -> str:
    """Take out where this machine keeps things."""
    data = os.environ.get("AEHASH_DATA")
    text = text.replace(folder, "/tmp")
    return text.replace(data.rstrip("/"), "$AEHASH_DATA") if data else text


def _joined(outputs: list[Any]) -> list[Any]:
    """Make one output of lines that were printed one after the other."""
    joined: list[Any] = []
    for output in outputs:
        if joined and output.output_type == joined[-1].output_type == "stream":
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def main(arguments: list[str]) -> int:
    """Run them, or check that they are what their sources say.

    Args:
        arguments: ``--check``, or names.

    Returns:
        0, or 1 where one is not.
    """
    names = [each for each in arguments if each != "--check"]
    wanted = [path for path in sources() if not names or path.stem in names]
    if "--check" not in arguments:
        for path in wanted:
            print(run(path), flush=True)
    wrong = [each for each in map(stale, wanted) if each]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
