"""What a diagnosis of codes means: causes and remedies, in sentences."""

import numpy as np
from numpy.typing import NDArray

from aehash.metrics.code_diagnostics import COPIED, Diagnosis

#: Bits whose entropy is below this hardly tell images apart.
WEAK = 0.5
_DEAD = 0.01
"""A feature is dead whose deviation is below this share of the liveliest one's."""


def findings(diagnosis: Diagnosis) -> list[str]:
    """Say what is wrong, with the likely cause and the remedy of each.

    Args:
        diagnosis: Of :func:`diagnose`.

    Returns:
        Sentences, the gravest first; none where nothing is.
    """
    found = [_same(diagnosis), *_constant(diagnosis), _copied(diagnosis), _crowded(diagnosis)]
    return [sentence for sentence in found if sentence]


def _same(diagnosis: Diagnosis) -> str | None:
    if not _one_code(diagnosis) or _moving(diagnosis).any():
        return None
    return (
        f"All {diagnosis.images:,} images have one and the same code: the encoder has died. "
        "Train again with a tenth of the learning rate (--set train.learning_rate=…), and look "
        "at reconstructions.png of the run: if those are all alike as well, it is the net and not "
        "the threshold."
    )


def _constant(diagnosis: Diagnosis) -> list[str]:
    constant = np.flatnonzero(_never_changes(diagnosis))
    moving = _moving(diagnosis)[constant]
    if not len(constant) or (_one_code(diagnosis) and not moving.any()):
        return []
    which = f"{_listed(constant)} of {diagnosis.bits} bits never change"
    if diagnosis.spread is None:
        return [
            f"{which}: they cost space and tell nothing. Train longer or with more weight on the "
            "balance of each bit (--set loss.balance=bit --set loss.alpha=…)."
        ]
    parts = []
    if moving.any():
        parts.append(
            f"{int(moving.sum())} of them lie on features that do vary, but never cross zero: cut "
            "these at their median or turn them first (aehash codebook binarise), or train with "
            "the balance of each bit (--set loss.balance=bit)"
        )
    if not moving.all():
        parts.append(
            f"{int((~moving).sum())} lie on features that hardly vary: these units are dead; train "
            "again with a smaller learning rate, or with fewer bits"
        )
    return [f"{which}. {'; '.join(parts)}."]


def _copied(diagnosis: Diagnosis) -> str | None:
    pairs = diagnosis.copies
    if not len(pairs):
        return None
    first, second = pairs[0]
    bits = len(np.unique(pairs))
    return (
        f"{bits} bits repeat another ({len(pairs)} pairs correlated beyond {COPIED}, such as bits "
        f"{first} and {second}): the codes are shorter than they look. Turn the features first "
        "(aehash codebook binarise --method itq), or take fewer bits."
    )


def _crowded(diagnosis: Diagnosis) -> str | None:
    weak = int(((diagnosis.entropies < WEAK) & ~_never_changes(diagnosis)).sum())
    if not weak:
        return None
    return (
        f"{weak} of {diagnosis.bits} bits are nearly constant (entropy below {WEAK}): most images "
        "agree on them. More weight on the balance of each bit spreads them (--set "
        "loss.balance=bit --set loss.alpha=…)."
    )


def _one_code(diagnosis: Diagnosis) -> bool:
    return bool(_never_changes(diagnosis).all())


def _never_changes(diagnosis: Diagnosis) -> NDArray[np.bool_]:
    return np.asarray((diagnosis.ones == 0) | (diagnosis.ones == 1))


def _moving(diagnosis: Diagnosis) -> NDArray[np.bool_]:
    """Say which bits lie on features that vary; none where that is not known."""
    if diagnosis.spread is None:
        return np.zeros(diagnosis.bits, np.bool_)
    return np.asarray(diagnosis.spread > _DEAD * max(float(diagnosis.spread.max()), 1e-12))


def _listed(which: NDArray[np.intp]) -> str:
    return f"{len(which)}" if len(which) > 1 else f"Bit {which[0]}, 1"
