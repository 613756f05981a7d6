"""Others score our rankings as we do, and read our codes as they are."""

import json
from itertools import permutations

import numpy as np
import pytest

from aehash.cli.main import run
from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics import Protocol, evaluate
from aehash.workflow.export_trec import NOTHING, export_trec, trec_id

ITEMS, QUERIES = 60, 12


def book(n, split, several, source="toy", names=None):
    generator = np.random.default_rng(n)
    labels = generator.random((n, 6)) < 0.3 if several else generator.integers(0, 4, n)
    return Codebook.from_arrays(
        generator.random((n, 8)) < 0.4,
        features=generator.normal(size=(n, 3)).round(1),
        labels=labels,
        keys=names or [f"{split} photo/{row} é%.jpg" for row in range(n)],
        source=source,
        split=split,
    )


@pytest.fixture(params=[True, False], ids=["multi-hot", "numbers"])
def books(request):
    return book(ITEMS, "train", request.param), book(QUERIES, "test", request.param)


def read(folder):
    """Read both files as trec_eval does, by blanks."""
    judged, ranked = {}, {}
    for line in (folder / "qrels.txt").read_text(encoding="utf-8").splitlines():
        query, _, item, grade = line.split()
        judged.setdefault(query, {})[item] = int(grade)
    for line in (folder / "run.txt").read_text(encoding="utf-8").splitlines():
        query, _, item, _, score, _ = line.split()
        ranked.setdefault(query, {})[item] = float(score)
    return judged, ranked


def scored(folder, names=("map", "map_cut", "P", "recall", "ndcg")):
    pytrec_eval = pytest.importorskip("pytrec_eval")
    judged, ranked = read(folder)
    return pytrec_eval.RelevanceEvaluator(judged, set(names)).evaluate(ranked)


@pytest.mark.parametrize(
    "conventions",
    [
        {},
        {"relevance": "all"},
        {"relevance": "exact"},
        {"radius": 1},
        {"radius": 2, "rerank": True},
        {"metric": "euclidean"},
    ],
    ids=str,
)
def test_pytrec_eval_agrees_with_relevant(books, conventions, tmp_path):
    written = export_trec(tmp_path / "t", *books, Protocol(**conventions))
    theirs = scored(tmp_path / "t")
    found = evaluate(*books, **conventions, ties="database", ks=(5, 20, "all")).per_query
    pairs = {
        "map@all/relevant": "map",
        "map@5/relevant": "map_cut_5",
        "map@20/relevant": "map_cut_20",
        "precision@5": "P_5",
        "recall@20": "recall_20",
    }
    if conventions.get("relevance", "any") == "any":
        pairs["ndcg@all/linear"] = "ndcg"
    assert len(theirs) == written.queries == QUERIES
    names = [trec_id(books[1].key(row)) for row in range(QUERIES)]
    for ours, name in pairs.items():
        expected = [theirs[query][name] for query in names]
        assert found[ours] == pytest.approx(expected, abs=1e-9), ours


def test_a_querys_own_row_is_in_neither_file(tmp_path):
    every = book(20, "all", False)
    export_trec(tmp_path / "t", every, every)
    judged, ranked = read(tmp_path / "t")
    for query in ranked:
        assert query not in ranked[query]
        assert query not in judged[query]
        assert len(ranked[query]) == 19
    theirs = scored(tmp_path / "t")
    found = evaluate(every, every, ties="database", ks=("all",)).per_query["map@all/relevant"]
    names = [trec_id(every.key(row)) for row in range(20)]
    assert [theirs[name]["map"] for name in names] == pytest.approx(found, abs=1e-9)


def test_all_orders_of_ties_are_the_mean_that_one_run_cannot_hold(tmp_path):
    labels = np.array([0, 1, 0, 1])
    names = ["a", "b", "c", "d"]
    codes = np.zeros((4, 8), bool)
    asked = Codebook.from_arrays(codes[:1], labels=[0], keys=["q"])
    one, maps = None, []
    for order in permutations(range(4)):
        rows = list(order)
        kept = [names[row] for row in rows]
        one = Codebook.from_arrays(codes, labels=labels[rows], keys=kept)
        export_trec(tmp_path / "t", one, asked)
        maps.append(scored(tmp_path / "t")["q"]["map"])
    expected = evaluate(one, asked, ks=("all",)).metrics["map@all/relevant"]
    assert np.mean(maps) == pytest.approx(expected, abs=1e-9)
    orders = set()
    for seed in range(12):
        export_trec(tmp_path / "t", one, asked, ties="shuffled", seed=seed)
        ranked = read(tmp_path / "t")[1]["q"]
        orders.add(tuple(sorted(ranked, key=ranked.get)))
    assert len(orders) > 5
    export_trec(tmp_path / "t", one, asked, ties="scorer")
    assert set(read(tmp_path / "t")[1]["q"].values()) == {0.0}


def test_queries_without_hits_or_without_anything_relevant_count_as_0(tmp_path):
    database = Codebook.from_arrays(np.zeros((3, 8), bool), labels=[0, 0, 1])
    queries = Codebook.from_arrays(np.eye(8, dtype=bool)[:2], labels=[0, 5], keys=["x", "y"])
    export_trec(tmp_path / "t", database, queries, Protocol(radius=0))
    judged, ranked = read(tmp_path / "t")
    assert ranked == {"x": {NOTHING: 0.0}, "y": {NOTHING: 0.0}}
    assert judged["y"] == {"0": 0}
    assert {query: each["map"] for query, each in scored(tmp_path / "t").items()} == {
        "x": 0,
        "y": 0,
    }
    facts = json.loads((tmp_path / "t" / "export.json").read_text())
    assert (facts["empty_queries"], facts["n_database"], facts["radius"]) == (2, 3, 0)


def test_too_much_and_what_is_no_export_are_refused(books, tmp_path, monkeypatch):
    from aehash.workflow import export_trec as module

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(UsageError, match="is no export"):
        export_trec(tmp_path / "mine", *books)
    monkeypatch.setattr(module, "MOST", 100)
    with pytest.raises(UsageError, match=r"--depth 1000.*--sample 100"):
        export_trec(tmp_path / "t", *books)
    some = export_trec(tmp_path / "t", *books, depth=5, sample=4)
    assert (some.queries, some.ranked) == (4, 20)


@pytest.fixture
def saved(books, tmp_path):
    for name, each in zip(("train", "test"), books, strict=True):
        each.save(tmp_path / name)
    return tmp_path


def test_commands(saved, capsys):
    out = str(saved / "trec")
    pair = ["--database", str(saved / "train"), "--queries", str(saved / "test")]
    assert run(["export", "--to", "trec", *pair, "--protocol", "trec", "--out", out]) == 0
    assert "12 queries" in capsys.readouterr().out
    assert run(["export", str(saved / "train"), "--to", "json", "--out", f"{out}.json"]) == 0
    assert run(["export", "--to", "faiss", "--out", out]) == 2
    assert "Name the codebook" in capsys.readouterr().err
    assert run(["export", str(saved / "train"), "--to", "json", "--radius", "2", "--out", out]) == 2
    assert "--radius is for rankings" in capsys.readouterr().err
    assert run(["export", str(saved / "train"), "--to", "trec", "--out", out]) == 2
    assert run(["export", "--to", "trec", *pair, "--protocol", "oxford5k", "--out", out]) == 2


def test_faiss_finds_the_same_neighbours(saved, books):
    faiss = pytest.importorskip("faiss")
    folder = saved / "faiss"
    assert run(["codebook", "export", str(saved / "train"), "--format", "faiss", "--out",
                str(folder)]) == 0  # fmt: skip
    database, queries = books
    codes = faiss.read_index_binary(str(folder / "codes.faiss"))
    distances, _ = codes.search(np.ascontiguousarray(queries.codes), 7)
    mine = np.unpackbits(queries.codes[:, None] ^ database.codes[None], axis=2).sum(axis=2)
    assert np.array_equal(distances, np.sort(mine, axis=1)[:, :7])
    floats = faiss.read_index(str(folder / "features.faiss"))
    assert np.array_equal(floats.reconstruct_n(0, ITEMS), database.features)
    keys = (folder / "keys.txt").read_text(encoding="utf-8").splitlines()
    assert keys == [database.key(row) for row in range(ITEMS)]


def test_a_parquet_table_holds_the_codebook(saved, books):
    parquet = pytest.importorskip("pyarrow.parquet")
    path = saved / "codes.parquet"
    for _ in range(2):  # the second replaces the first
        assert run(["export", str(saved / "train"), "--to", "parquet", "--out", str(path)]) == 0
    table, database = parquet.read_table(path), books[0]
    assert table.column("key").to_pylist() == [database.key(row) for row in range(ITEMS)]
    packed = b"".join(table.column("code").to_pylist())
    assert packed == np.ascontiguousarray(database.codes).tobytes()
    assert np.array_equal(np.array(table.column("features").to_pylist()), database.features)
    labels = table.column("label").to_pylist()
    if database.labels.ndim == 2:
        labels = [[int(row in each) for row in range(6)] for each in labels]
    assert np.array_equal(labels, database.labels)
    facts = json.loads(table.schema.metadata[b"aehash"])
    assert (facts["bits"], facts["source"]) == (8, "toy")
    assert run(["export", str(saved / "train"), "--to", "parquet", "--out",
                str(saved / "train" / "codes.npy")]) == 2  # fmt: skip


def test_names_are_written_without_blanks_and_stay_apart():
    odd = ["a b", "a%20b", "a\tb", "é.jpg", "x\udcffy"]
    written = [trec_id(name) for name in odd]
    assert written == ["a%20b", "a%2520b", "a%09b", "é.jpg", "x%FFy"]
    assert len({*written}) == len(odd)
