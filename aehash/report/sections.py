"""What a report of evaluations shows: its sections, and the sentences around them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aehash.metrics.average_precision import PER, Per
from aehash.metrics.code_statistics import CodeStatistics
from aehash.metrics.evaluation import EMPTY, Evaluation
from aehash.metrics.split_identity import split_text
from aehash.report.layout import Section

_DIVISORS: dict[Per, str] = {
    "min_k": "min(k, R)",
    "hits": "the hits found",
    "relevant": "R",
}
_TIES = {
    "expected": "the mean over all orders of tied items",
    "database": "tied items in database order",
    "optimistic": "relevant items first among tied ones",
    "pessimistic": "relevant items last among tied ones",
}
_RELEVANCE = {
    "any": "an item is relevant if it shares a label with the query",
    "all": "an item is relevant if it holds all the query's labels",
    "exact": "an item is relevant if its labels are the query's",
}
_GAINS = {
    "linear": "gain: shared labels",
    "exponential": "gain: 2^(shared labels) - 1",
}
_RADIUS = ("precision@radius", "recall@radius")
_PLACED = ("map", "precision", "recall", "recall_bound", "accuracy", "wap")
_CUT = re.compile(r"(?P<family>\w+)@(?P<k>\d+|all)(?:/(?P<suffix>\w+))?")


def sections(evaluations: Mapping[str, Evaluation], divisors: int = len(PER)) -> list[Section]:
    """Lay evaluations out, the asked divisor first.

    Args:
        evaluations: By name, the asked one first.
        divisors: How many of AP's divisors to show; a terminal gets the asked one.

    Returns:
        MAP@k by divisor, precision and recall at k (with its bound, where classes were judged),
        what else was judged at k (accuracy, nDCG and weighted AP), and what is inside the radius.
    """
    first = next(iter(evaluations.values()))
    asked: Per = first.conventions.per
    shown = sorted(PER, key=lambda per: per != asked)[:divisors]
    every = list(evaluations.values())
    families = [
        (f"MAP@k, AP divided by {_DIVISORS[per]}", _at_k(every, "map", per)) for per in shown
    ]
    families += [
        ("Precision at k", _at_k(every, "precision")),
        ("Recall at k", _at_k(every, "recall")),
        ("Accuracy at k: the majority label", _at_k(every, "accuracy", "majority")),
    ]
    families += [
        (f"Weighted AP at k, divided by {_DIVISORS[per]}", _at_k(every, "wap", per))
        for per in shown
    ]
    families += _others(every)
    families.append(("Inside the radius", list(_RADIUS)))
    laid = [_section(title, columns, evaluations) for title, columns in families]
    return [section for section in laid if section.rows]


def facts(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Say what was judged, and how.

    Args:
        evaluations: By name, the asked one first.

    Returns:
        Sentences to stand above the tables.
    """
    first = next(iter(evaluations.values()))
    protocol = first.protocol
    lines = [
        f"{first.n_queries:,} queries ({_data(protocol['queries'])}), "
        f"{first.n_database:,} database items ({_data(protocol['database'])}), "
        f"{first.bits} bits; self-match: {protocol['self_match']}; judged on "
        f"{split_text(first.split, protocol['queries']['source'])}.",
        f"Conventions: per={protocol['per']} (AP divided by {_DIVISORS[protocol['per']]}; "
        f"R: relevant items in the database), ties={protocol['ties']} "
        f"({_TIES[protocol['ties']]}), relevance={protocol['relevance']} "
        f"({_RELEVANCE[protocol['relevance']]}).",
    ]
    if "name" in protocol:
        lines.insert(0, named(protocol))
    return lines


def named(protocol: Mapping[str, Any]) -> str:
    """Say by which named protocol was judged, and what was chosen otherwise.

    Args:
        protocol: As an evaluation's JSON has it, with ``name`` and ``changed``.

    Returns:
        A sentence.
    """
    changed = "; ".join(protocol["changed"])
    return f"Protocol {protocol['name']}" + (f", changed: {changed}." if changed else ".")


def footer(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Say what stands below the tables: empty queries, the codes' figures, notes.

    Args:
        evaluations: By name.

    Returns:
        Sentences.
    """
    lines = [
        f"Empty queries ({name}): {each.metrics[EMPTY]} of {each.n_queries} found nothing "
        "inside the radius and count as 0."
        for name, each in evaluations.items()
        if each.conventions.radius is not None
    ]
    figures: dict[CodeStatistics, str] = {}
    for name, each in evaluations.items():
        figures.setdefault(each.codes, name)
    for codes, name in figures.items():
        whose = f" ({name})" if len(figures) > 1 else ""
        lines.append(
            f"Codes{whose}: {codes.distinct:,} distinct among {codes.n:,}, "
            f"{codes.constant_bits} of {codes.bits} bits constant, "
            f"mean bit entropy {codes.mean_bit_entropy:.3f} of 1."
        )
    return lines + [f"Note: {note}" for note in notes(evaluations)]


def notes(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Collect what a reader must know, such as a cut k.

    Args:
        evaluations: By name.

    Returns:
        One sentence for each different one.
    """
    return list(dict.fromkeys(note for each in evaluations.values() for note in each.notes))


def _at_k(evaluations: Sequence[Evaluation], family: str, suffix: str = "") -> list[str]:
    cuts = dict.fromkeys(k for each in evaluations for k in each.conventions.ks)
    return [f"{family}@{k}" + (f"/{suffix}" if suffix else "") for k in cuts]


def _others(evaluations: Sequence[Evaluation]) -> list[tuple[str, list[str]]]:
    """Find the families that are judged only for some labels, nDCG among them."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in dict.fromkeys(name for each in evaluations for name in each.metrics):
        match = _CUT.fullmatch(name)
        if match and match["family"] not in _PLACED:
            found.setdefault((match["family"], match["suffix"] or ""), []).append(name)
    return [(_other_title(*key), names) for key, names in found.items()]


def _other_title(family: str, suffix: str) -> str:
    title = "nDCG at k" if family == "ndcg" else f"{family} at k"
    return f"{title}, {_GAINS.get(suffix, suffix)}" if suffix else title


def _section(title: str, columns: Sequence[str], evaluations: Mapping[str, Evaluation]) -> Section:
    rows: list[tuple[str, Sequence[str]]] = []
    for ranking, each in evaluations.items():
        if not any(metric in each.metrics for metric in columns):
            continue
        for label, shown in _SHOWN:
            cells = [shown(each, name) if name in each.metrics else "-" for name in columns]
            rows.append((label or ranking, cells))
        bounds = [name.replace("recall@", "recall_bound@") for name in columns]
        if bounds[0] != columns[0] and bounds[0] in each.metrics:
            cells = [_value(each, name) if name in each.metrics else "-" for name in bounds]
            rows.append(("  bound, min(k, R)/R", cells))
    return Section(title, columns, rows)


def _value(evaluation: Evaluation, metric: str) -> str:
    return f"{evaluation.metrics[metric]:.4f}"


def _interval(evaluation: Evaluation, metric: str) -> str:
    low, high = evaluation.ci95[metric]
    return f"{low:.4f}-{high:.4f}"


def _chance(evaluation: Evaluation, metric: str) -> str:
    return f"{evaluation.chance[metric]:.4f}"


_SHOWN = (("", _value), ("  95 % interval", _interval), ("  chance", _chance))


def _data(data: Mapping[str, str | None]) -> str:
    return " ".join(part for part in (data["source"], data["split"]) if part) or "unnamed"
