"""Imports go one way, and judging, searching and --help never start Keras."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import aehash
from aehash import experiments, generators

PACKAGE = Path(aehash.__file__).parent
#: Modules, or whole folders of them, in which Keras is imported when they are.
KERAS = (
    "agreeing",
    "autoencoding",
    "backend",
    "checkpoint",
    "descriptor_net",
    "descriptors",
    "epochs",
    "extraction",
    "finishing",
    "gradients",
    "heads",
    "losses",
    "models",
    "optimisers",
    "passes",
    "siamese/loop",
    "siamese/metric_losses",
    "siamese/miner",
    "siamese/picture",
    "siamese/pulls",
    "siamese/step",
    "siamese/tuple_gradients",
    "siamese/updates",
    "training",
)


@cache
def imported(path):
    """List the modules a file imports when it is imported itself, not inside its functions."""
    names = set()
    todo = list(ast.parse(path.read_text(encoding="utf-8")).body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        elif not isinstance(node, ast.FunctionDef):
            todo += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
    return names


@cache
def everywhere(path):
    """List the modules a file imports anywhere in it."""
    return {
        name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in (
            [node.module]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }


FILES = sorted(PACKAGE.rglob("*.py"))


def name(path):
    return str(path.relative_to(PACKAGE).with_suffix(""))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_keras_stays_in_its_rooms(path):
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py"), name(path)}
    keras = {each for each in imported(path) if each.split(".")[0] in ("keras", "tensorflow")}
    assert not keras or not rooms.isdisjoint(KERAS)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_the_registry_looks_outward(path):
    outward = {
        each
        for each in imported(path)
        if each.startswith(("aehash.generators", "aehash.experiments"))
    }
    assert not outward


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in FILES
        if name(path).startswith(("models", "losses", "siamese/metric_losses"))
    ],
    ids=name,
)
def test_models_and_losses_know_no_back_end(path):
    assert not {each for each in everywhere(path) if each.split(".")[0] in ("tensorflow", "jax")}


@pytest.mark.parametrize(
    "room", ["bits", "codebook", "index", "metrics", "feedback", "report", "recipe"]
)
def test_the_lower_rooms_do_not_import_the_upper_ones(room):
    lower = (
        "errors",
        "files",
        "jit",
        "mapped",
        "parallel",
        "bits",
        "codebook",
        "covariance",
        "index",
        "metrics",
        "report",
        "recipe",
        "view_plan",
    )
    paths = [path for path in FILES if name(path).startswith(room)]
    assert paths
    for path in paths:
        for each in everywhere(path):
            if each.startswith("aehash."):
                allowed = (*lower, "feedback") if room == "feedback" else lower
                assert each.split(".")[1].startswith(allowed), f"{path} imports {each}"


def test_scikit_learn_is_imported_where_it_is_used():
    for path in FILES:
        assert not {each for each in imported(path) if each.split(".")[0] == "sklearn"}, path


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["evaluate", "--help"],
        ["compare", "--help"],
        ["feedback", "--help"],
        ["train", "--help"],
        ["data", "list"],
        ["experiments"],
        ["protocols", "list"],
    ],
    ids=" ".join,
)
def test_help_and_lists_do_not_start_keras(arguments):
    code = (
        "import sys; from aehash.cli.main import run; code = run(sys.argv[1:]); "
        "heavy = {'keras', 'tensorflow', 'sklearn', 'matplotlib'} & set(sys.modules); "
        "sys.exit(code or (f'imported {heavy}' if heavy else 0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("package", [generators, experiments], ids=["generators", "experiments"])
def test_a_checkouts_folders_are_not_importable_twice(package):
    folder = Path(package.__file__).parent
    if folder.parent.name == "aehash" and (folder.parent / "cli").is_dir():
        pytest.skip("installed as a wheel: there is no folder beside the package")
    done = subprocess.run(
        [sys.executable, "-c", f"import {folder.name}"],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"aehash.{folder.name}" in done.stderr
