"""The documents say what is true: tables equal results, commands exist, links lead somewhere."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from aehash.cli.main import _COMMANDS, cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_tables_are_what_the_results_say():
    done = subprocess.run(
        [sys.executable, "docs/fill.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def commands(command, words=()):
    """List every command with its click object, groups opened."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), (*words, name))
    else:
        yield words, command


def shown(text):
    """Find the ``aehash …`` commands a text shows, comments cut off."""
    for line in text.splitlines():
        match = re.match(r"\s*(?:\$ )?(aehash [a-z].*)", line.split("#")[0])
        if match:
            yield match[1].strip()


SHOWN = [(page.name, line) for page in PAGES for line in shown(page.read_text(encoding="utf-8"))]
SHOWN += [
    (" ".join(words), line)
    for words, command in commands(cli)
    for line in shown(command.help or "")
]


@pytest.mark.parametrize(("where", "line"), SHOWN)
def test_every_shown_command_parses(where, line):
    words = shlex.split(line)[1:]
    assert words[0] in _COMMANDS, where
    command = cli
    context = click.Context(cli, info_name="aehash")
    while words and isinstance(command, click.Group):
        command = command.get_command(context, words.pop(0))
        assert command is not None, where
    command.make_context("aehash", words, parent=context)


@pytest.mark.parametrize("words", [words for words, _ in commands(cli)], ids=" ".join)
def test_every_command_has_an_example(words):
    command = dict(commands(cli))[words]
    assert f"aehash {' '.join(words)}" in (command.help or "")


def test_the_readme_names_every_command():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in _COMMANDS:
        assert f"aehash {name}" in text


def snippets(page):
    """Join a page's Python that needs no trained model and no codebook."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M)
    whole = page.stem in ("air2023", "feedback", "reproduce", "search")
    return blocks if whole else [each for each in blocks if "index" in each]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if snippets(page)], ids=lambda page: page.name
)
def test_snippets_run(page, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(snippets(page))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def examples(page):
    """Join a page's examples of what the library answers."""
    return "\n".join(re.findall(r"^```pycon\n(.*?)^```", page.read_text("utf-8"), re.S | re.M))


@pytest.mark.parametrize(
    "page", [page for page in PAGES if examples(page)], ids=lambda page: page.name
)
def test_the_library_answers_as_the_page_says(page):
    test = doctest.DocTestParser().get_doctest(examples(page), {}, page.name, str(page), 0)
    found = doctest.DocTestRunner().run(test)
    assert found.attempted > 0
    assert not found.failed


def headings(page):
    """List the anchors of a page's headings, as code hosts and Sphinx make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    for line in re.findall(r"^#+ (.*)$", text, re.M):
        words = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", line).lower()
        yield re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)", page.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        if not target.startswith("http"):
            path = page.parent / file if file else page
            assert path.exists(), target
            assert not anchor or anchor in headings(path), target


def test_every_page_is_in_the_table_of_contents():
    contents = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").splitlines()
    pages = [page for page in (ROOT / "docs").glob("*.md") if page.stem != "index"]
    assert [page.stem for page in pages if page.stem not in contents] == []
    assert {"The tour <../README>", "../notebooks/*", "api/index"} <= set(contents)


@pytest.mark.training
def test_drawings_are_what_the_models_say():
    done = subprocess.run(
        [sys.executable, "docs/drawings.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
