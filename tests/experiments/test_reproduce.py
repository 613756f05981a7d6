"""The papers' tables: every value has a line, and the verdicts mean what they say."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from aehash.cli.main import cli
from aehash.errors import UsageError
from aehash.experiments import reproduce
from aehash.experiments.reproduce import entry_names, paper_numbers
from aehash.experiments.reproduce.findings import OURS, Cell, Claim, Findings, Measured
from aehash.experiments.reproduce.report import entry_report, markdown
from aehash.experiments.reproduce.verdict import judge, rows

RUN = {"command": "aehash reproduce X", "size": "fast", "machine": "M", "date": "D", "seconds": 1.0}


def sure(value):
    """A value that hardly varies."""
    return Measured(value, 0.001, 3, (value - 0.01, value + 0.01), (value - 0.02, value + 0.02))


@pytest.mark.parametrize(
    ("cell", "verdict"),
    [
        (Cell(sure(0.52), 0.3), "reproduced"),
        (Cell(sure(0.6), 0.3), "better"),
        (Cell(sure(0.4), 0.3), "worse"),
        (Cell(sure(0.4), 0.3, lower=True), "better"),
        (Cell(sure(0.5), 0.505), "at chance"),
        (Cell(Measured(0.5, 0.2, 3, (0.49, 0.51)), 0.4), "at chance"),
        (Cell(sure(0.9), 0.3, evenly=sure(0.3)), "at chance"),
        (Cell(sure(0.5), 0.3, obstacle="other images"), "not comparable"),
        (Cell(missing="needs a file"), "not comparable"),
        (Cell(Measured(0.5), exact=True), "reproduced"),
        (Cell(Measured(0.4), exact=True), "not reproduced"),
    ],
)
def test_the_verdict(cell, verdict):
    assert judge(0.5, cell, 0.0001)[0] == verdict


def test_what_tied_items_in_every_order_give_is_said_where_it_decides():
    verdict, reason = judge(0.5, Cell(sure(0.5), 0.3, evenly=sure(0.35)), 0.0001)
    assert verdict == "reproduced"
    assert "0.3500 with tied items in every order, better than chance" in reason


def test_a_verdict_says_why():
    assert "needs a file" in judge(0.5, Cell(missing="needs a file"), 0.1)[1]
    obstacle = judge(0.5, Cell(sure(0.9), 0.3, obstacle="other images"), 0.1)[1]
    assert obstacle == "other images; here higher; better than chance"
    assert "not above chance" in judge(0.3, Cell(sure(0.9), 0.35), 0.0001)[1]
    assert "only a picture" in judge(None, Cell(sure(0.9), 0.35), 0.0001)[1]


def test_one_run_asks_as_many_queries_as_the_paper():
    values = [np.repeat([0.0, 1.0], 200)] * 2
    few, all_of_them = (Measured.of_queries(values, asked).one_run for asked in (4, 399))
    assert few[1] - few[0] > 10 * (all_of_them[1] - all_of_them[0])
    assert Measured.of_queries(values[:1]).sd is None


@pytest.mark.parametrize("name", entry_names())
def test_every_value_of_the_paper_has_a_line(name):
    numbers = paper_numbers(name)
    found = rows(numbers, Findings(missing="needs files"))
    assert len(found) == len(list(numbers.cells())) + len(numbers.claims)
    assert {each.verdict for each in found} == {"not comparable"}
    report = entry_report(name, Findings(missing="needs files"), RUN)
    text = markdown(json.loads(json.dumps(report)))
    for row in numbers.rows:
        assert row in text
    assert text.count("needs files") == len(found)


def test_others_codes_and_claims_have_lines_of_their_own():
    numbers = paper_numbers("air2023/figure3")
    place = ("classic", "10 layers")
    cells = {(OURS, *place): Cell(sure(0.1), 0.01), ("others", *place): Cell(sure(0.2), 0.01)}
    claims = {"40 layers are best": Claim(False, "10 layers are")}
    found = rows(numbers, Findings(cells, claims))
    assert [each.of for each in found[:2]] == [OURS, "others"]
    assert [each.verdict for each in found[-3:]] == ["not reproduced", *["not comparable"] * 2]


def test_the_tables_are_those_of_the_text():
    assert paper_numbers("akbacak2023/table2").value("16 bits", "map@5") == 0.4250
    layers = paper_numbers("akbacak2023/figure3").rows
    counts = [
        count for name, (_, count) in layers.items() if name not in ("total", "not trainable")
    ]
    assert sum(counts) == layers["total"][1]
    with pytest.raises(UsageError, match="Did you mean 'akbacak2023/table2'"):
        paper_numbers("akbacak2023/tabel2")


def test_the_page_of_results_shows_a_report_of_all():
    names = ("akbacak2023/table2", "air2023/figure3")
    reports = [entry_report(name, Findings(missing="needs files"), RUN) for name in names]
    text = reproduce.table({"entries": reports, "verdicts": {"not comparable": 35}})
    assert text.count("**not comparable**: needs files") == 12 + 23
    assert "In all: 35 not comparable." in text


def test_the_list_names_every_entry():
    done = CliRunner().invoke(cli, ["reproduce", "--list"])
    assert [name for name in entry_names() if name not in done.output] == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--all", "--data", "mnist"], "leave it out with --all"),
        (["akbacak2023/table2", "--fast", "--full"], "two sizes"),
        ([], "Name a table or figure"),
        (["akbacak2023/table9"], "There is no table or figure"),
    ],
)
def test_wrong_use_is_said(words, sentence):
    done = CliRunner().invoke(cli, ["reproduce", *words])
    assert sentence in str(done.exception)
