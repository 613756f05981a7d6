"""Contests are fair, their rows say what was reached, and search and evaluation are measured."""

import json

import numpy as np
import pytest

from aehash import parallel
from aehash.errors import AehashError
from benchmarks import __main__ as command
from benchmarks import by_hand, codes, data, pictures, tables
from benchmarks.contest import OURS, Box, Way, aim, check, contest, judged

ABOUT = {"codes": "random", "bits": 64, "rows": 1000, "queries": 1, "k": 10, "threads": 1}


@pytest.fixture
def paths(tmp_path):
    return ["--results", str(tmp_path / "results"), "--page", str(tmp_path / "page.md")]


def result(tmp_path, name):
    return json.loads((tmp_path / "results" / f"{name}.json").read_text())


def test_ways_take_turns_and_a_slow_one_keeps_its_warm_up(monkeypatch):
    clock, calls = [0.0], []
    monkeypatch.setattr("benchmarks.contest.time.perf_counter", lambda: clock[0])

    def way(name, takes, **options):
        def call():
            calls.append(name)
            clock[0] += takes

        return Way(name, call, **options)

    others = [way("B", 2.0), way("slow", 20.0), way("part", 1.0, share=0.25, rival=False)]
    times = contest(way(OURS, 1.0), others, Box(least=2, most=2, seconds=0))
    assert calls[4:] == [OURS, "B", "part"] * 2
    assert times == {OURS: [1.0, 1.0], "B": [2.0, 2.0], "slow": [20.0], "part": [4.0, 4.0]}


def test_a_box_ends_after_its_seconds_but_not_before_its_rounds(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("benchmarks.contest.time.perf_counter", lambda: clock[0])

    def call():
        clock[0] += 1.0

    ways = Way(OURS, call), [Way("B", call)]
    assert len(contest(*ways, Box(least=3, most=9, seconds=0))["B"]) == 3
    assert len(contest(*ways, Box(least=1, most=9, seconds=7))["B"]) == 4
    assert len(contest(*ways, Box(least=1, most=2, seconds=99))["B"]) == 2


def test_ratio_is_to_the_rival_with_the_best_median():
    times = {OURS: [1.0, 2.0, 1.0], "A": [9.0, 1.0, 9.0], "B": [4.0, 4.0, 5.0], "usearch": [0.1]}
    row = judged(ABOUT, times, ["A", "B"], 4.0)
    assert row["fastest"] == "B"
    assert row["ratio"] == {"median": 4.0, "min": 2.0, "max": 5.0}
    assert (row["target"], row["reached"], row["margin"]) == (4.0, True, 1.0)
    assert judged(ABOUT, times, ["A", "B"], None)["reached"] is None


def test_aims_say_yes_at_the_target_and_no_below():
    assert aim(1.79, 1.8)["reached"] is False
    assert aim(1.9, 2.0, at_least=False) == {"target": 2.0, "reached": True, "margin": 1.053}


def test_different_results_are_not_timed():
    check(True, "A and B")
    with pytest.raises(AehashError, match="A and B: the results differ"):
        check(False, "A and B")


def test_tables_show_what_is_missed_and_the_summary_counts_it():
    times = {OURS: [1.0], "FAISS flat, heap": [3.0], "knn_hamming mc": [5.0], "NumPy": [7.0]}
    row = judged(ABOUT, times, ["FAISS flat, heap", "knn_hamming mc"], 4.0)
    drawn = tables.contests([row])
    assert drawn.splitlines()[0].endswith("| target | reached | NumPy, ms |")
    assert "| FAISS flat, heap | 3,000 | 3.00 [3.00, 3.00] | ≥ 4 | **no** | 7,000 |" in drawn
    told = tables.summary([{"title": "Nearest", "contests": [row, {**row, "target": None}]}])
    assert told.splitlines()[-1] == "| Nearest | 1 | 0 | 0.75 |"
    assert tables.summary([{"title": "Start", "times": []}]) == ""


def test_pictures_are_the_same_for_the_same_results(tmp_path):
    rows = [judged(ABOUT, {OURS: [1.0], "A": [one]}, ["A"], 4.0) for one in (3.0, 9.0)]
    drawn = pictures.draw([{"name": "nearest", "contests": rows}], tmp_path)
    assert drawn == {"nearest": "benchmarks-nearest.svg"}
    first = (tmp_path / drawn["nearest"]).read_bytes()
    assert b"random, 64 bits" in first
    pictures.draw([{"name": "nearest", "contests": rows}], tmp_path)
    assert (tmp_path / drawn["nearest"]).read_bytes() == first


def test_random_codes_depend_on_the_seed_alone():
    made = [codes.make("random", 64, 100, 3, seed) for seed in (0, 0, 1)]
    assert made[0].database.shape == (100, 8)
    assert made[0].queries.shape == (3, 8)
    assert np.array_equal(made[0].database, made[1].database)
    assert not np.array_equal(made[0].database, made[2].database)


def test_missing_real_codes_are_said_and_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("AEHASH_DATA", str(tmp_path))
    monkeypatch.setenv("AEHASH_CACHE", str(tmp_path))
    assert codes.kinds() == (["random"], f"Real codes are left out: {codes.REAL} is not at hand.")
    with pytest.raises(data.MissingError, match="set AEHASH_DATA"):
        codes.make("real", 64, 100, 3, 0)


@pytest.mark.data
def test_copies_of_real_codes_have_a_few_bits_flipped(data_file):
    data_file(codes.REAL)
    made = codes.make("real", 64, 100_000, 8, 0)
    published = made.database[:78_220]
    flipped = np.bitwise_count(made.database[78_220:] ^ published[: 100_000 - 78_220]).sum(axis=1)
    assert flipped.mean() == pytest.approx(64 * codes.FLIPPED, rel=0.02)
    assert all((published == query).all(axis=1).any() for query in made.queries)


def test_a_section_without_its_peer_is_left_out(paths, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(data, "find_spec", lambda name: None)
    command.main(["--quick", "--only", "nearest", *paths])
    said = "nearest is left out: faiss is not installed: pip install 'aehash[peers]'."
    assert said in capsys.readouterr().out
    assert not (tmp_path / "results" / "nearest.json").exists()


def test_ap_by_hand():
    assert by_hand.average_precision(np.array([1, 0, 1])) == (1 + 2 / 3) / 2
    assert by_hand.average_precision(np.zeros(3)) == 0


def test_bare_loops_count_and_add():
    pytest.importorskip("numba")
    from benchmarks import loops

    words = np.random.default_rng(0).integers(0, 1 << 63, 64, dtype=np.uint64)
    assert loops.count(words, 1) == np.bitwise_count(words).sum()
    assert loops.total(words) == words.sum()


def test_searches_are_measured_and_drawn(paths, tmp_path):
    pytest.importorskip("faiss")
    pytest.importorskip("usearch")
    pytest.importorskip("numba")
    names = ["nearest", "range", "fallback", "ceilings"]
    names += ["threads"] if parallel.cores() > 1 else []
    command.main(["--quick", *(f"--only={name}" for name in names), *paths])
    found = {name: tables.rows_of(result(tmp_path, name)) for name in names}
    for rows in found.values():
        assert rows
        assert all(row["ratio"]["median"] > 0 and row["target"] is None for row in rows)
    assert {row["queries"] for row in found["nearest"]} >= {1, 32}
    assert {"random"} <= {row["codes"] for row in found["range"]} <= {"random", "real"}
    text = (tmp_path / "page.md").read_text()
    assert "![Nearest (quick inputs), as ratios](benchmarks-nearest.svg)" in text
    assert (tmp_path / "benchmarks-range.svg").is_file()
    assert str(tmp_path) not in text
    command.main(["--render", *paths])
    assert (tmp_path / "page.md").read_text() == text


@pytest.mark.data
def test_evaluation_is_measured_with_equal_values(paths, tmp_path, data_file):
    pytest.importorskip("threadpoolctl")
    data_file("coco_hashnet_protocol.npz")
    command.main(["--quick", "--only", "eval", *paths])
    rows = result(tmp_path, "evaluation")["contests"]
    assert {row["bits"] for row in rows} == {64, 128}
    assert {row["peer"].split(",")[0] for row in rows} == {"research code", "packed NumPy"}
    assert "![Evaluation (quick inputs), as ratios]" in (tmp_path / "page.md").read_text()


@pytest.mark.slow
def test_memory_and_first_calls_are_measured(paths, tmp_path):
    pytest.importorskip("numba")
    command.main(["--quick", "--only", "footprint", "--only", "cold", *paths])
    held = {row["how"]: row["held_bytes"] for row in result(tmp_path, "footprint")["footprints"]}
    assert set(held) == {"opened", "made"}
    assert all(size > 0 for size in held.values())
    calls = result(tmp_path, "cold")["first_calls"]
    assert {row["state"] for row in calls} == {"compiled", "cached"}
    assert "| `HammingIndex.search` | compiled |" in (tmp_path / "page.md").read_text()
