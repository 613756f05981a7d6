"""What COCO's labels say without codes, and the author's COCO codes without labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from aehash.experiments.ladder import KS
from aehash.experiments.ladder_books import at_hand
from aehash.metrics.relevance import Relevance

#: HashNet's lists, and akbacak2023's codes.
FACTS = ("coco_hashnet_protocol.npz", "akbacak2023_coco_codes_packed.npz")
_QUERIES, _RADIUS, _CUT = 500, 20, 20
_READINGS: tuple[tuple[Relevance, str], ...] = (
    ("exact", "the same labels"),
    ("all", "all labels of the query"),
    ("any", "a label"),
)
_WIDTHS = (64, 128, 256)


def by_chance() -> list[dict[str, Any]]:
    """Say what a random ranking of HashNet's database scores for 500 of its queries.

    Returns:
        A row for each relevance and divisor; none where the lists are not at hand.
    """
    from aehash.codebook import Codebook
    from aehash.metrics.average_precision import PER
    from aehash.metrics.evaluation import evaluate

    file = at_hand(FACTS[0])
    if file is None:
        return []
    with np.load(file, allow_pickle=False) as lists:
        labels = {name: lists[f"labels_{name}"] for name in ("test", "database")}
    drawn = np.sort(np.random.default_rng(0).permutation(len(labels["test"]))[:_QUERIES])
    labels["test"] = labels["test"][drawn]
    queries, database = (
        Codebook.from_arrays(np.zeros((len(labels[name]), 1), np.uint8), bits=8, labels=each)
        for name, each in labels.items()
    )
    rows = []
    for relevance, title in _READINGS:
        found = evaluate(database, queries, relevance=relevance, ks=KS, exclude_self=False)
        right = found.per_query["precision@all"] * len(database)
        rows += [
            {
                "relevance": relevance,
                "title": title,
                "per": per,
                "n_queries": len(queries),
                "n_database": len(database),
                "median_relevant": float(np.median(right)),
                "none_relevant": int((right < 0.5).sum()),
                "chance": [found.chance[f"map@{k}/{per}"] for k in KS],
            }
            for per in PER
        ]
    return rows


def balls() -> list[dict[str, Any]]:
    """Say how many of the author's codes stand within 20 bits of 500 of them, and how many tie.

    Returns:
        A row for each width; none where the codes are not at hand.
    """
    from aehash.index.words import word_distances, words
    from aehash.metrics.code_statistics import code_statistics

    file = at_hand(FACTS[1])
    if file is None:
        return []
    rows = []
    for bits in _WIDTHS:
        with np.load(file, allow_pickle=False) as arrays:
            codes = arrays[f"codes_{bits}"]
        drawn = np.sort(np.random.default_rng(0).permutation(len(codes))[:_QUERIES])
        laid, asked = words(codes), words(codes[drawn])
        inside, tied, first = [], [], []
        for row, own in enumerate(drawn):
            far = word_distances(asked[:, row : row + 1], laid)[0]
            counts = np.bincount(np.delete(far, own), minlength=bits + 1)
            before = np.cumsum(counts)
            inside.append(int(before[_RADIUS]))
            cut = int(np.searchsorted(before, _CUT))
            tied.append(int(counts[cut]))
            first.append(int(counts[0]))
        rows.append(
            {
                "bits": bits,
                "n": len(codes),
                "n_queries": len(drawn),
                **code_statistics(codes, bits).as_dict(),
                "median_inside": float(np.median(inside)),
                "empty": int((np.array(inside) == 0).sum()),
                "median_tied_at_cut": float(np.median(tied)),
                "with_equal_codes": int((np.array(first) > 0).sum()),
            }
        )
    return rows


def facts_table(facts: Mapping[str, Any]) -> str:
    """Lay both out.

    Args:
        facts: By file, as :func:`by_chance` and :func:`balls` give them.

    Returns:
        Markdown; empty where neither file was at hand.
    """
    lines: list[str] = []
    if rows := facts.get(FACTS[0]):
        lines += [
            f"A random ranking of HashNet's COCO lists: {rows[0]['n_queries']:,} of the queries, "
            f"drawn with seed 0, against {rows[0]['n_database']:,} images.",
            "",
            "| relevant: shares … | relevant images, median | divided by | "
            + " | ".join(f"map@{k}" for k in KS)
            + " |",
            "|---|---:|---|" + "---:|" * len(KS),
        ]
        lines += [
            f"| {row['title']} | {row['median_relevant']:,.0f}"
            + (f" ({row['none_relevant']} queries have none)" if row["none_relevant"] else "")
            + f" | {row['per']} | "
            + " | ".join(f"{value:.4f}" for value in row["chance"])
            + " |"
            for row in rows
        ]
    if rows := facts.get(FACTS[1]):
        lines += [
            *([""] if lines else []),
            f"The author's {rows[0]['n']:,} COCO codes, whose labels are not published; "
            f"{rows[0]['n_queries']} of them asked against the others.",
            "",
            f"| bits | distinct codes | constant bits | mean bit entropy | within {_RADIUS} bits, "
            f"median | queries with none | tied at rank {_CUT}, median | "
            "queries with an equal code |",
            "|---:|" + "---:|" * 7,
        ]
        lines += [
            f"| {row['bits']} | {row['distinct']:,} | {row['constant_bits']} | "
            f"{row['mean_bit_entropy']:.3f} | {row['median_inside']:,.0f} | {row['empty']} | "
            f"{row['median_tied_at_cut']:,.0f} | {row['with_equal_codes']} |"
            for row in rows
        ]
    return "\n".join(lines) + "\n"
