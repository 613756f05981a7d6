"""Ways to rank again after feedback; each is a value that gives rows their scores.

All but `Plain` also pin what was marked: the rows marked relevant stand first and those marked
irrelevant last, each in the order of their scores. `Pinned` does nothing beyond that: what
another method gains over it is what it learned from the marks, and not the marks themselves.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from aehash.errors import UsageError, nearest
from aehash.feedback.baselines import NearestPositive, Pinned, Plain, Rocchio
from aehash.feedback.method import Method
from aehash.feedback.svm import Svm

METHODS: Mapping[str, Method] = {
    "none": Plain(),
    "pinned": Pinned(),
    "rocchio": Rocchio(),
    "nearest_positive": NearestPositive(),
    "svm": Svm(),
    "svm_rbf": Svm("rbf"),
}


def method_of(name: str, options: Mapping[str, Any] | None = None) -> Method:
    """Make a method by its name.

    Args:
        name: One of `METHODS`.
        options: Its fields; those left out have their defaults.

    Returns:
        The method.

    Raises:
        UsageError: There is no such method or option, or a value is out of range.
    """
    if name not in METHODS:
        raise UsageError(f"There is no feedback method {name!r}.{nearest(name, METHODS)}")
    default: Any = METHODS[name]
    known = [field.name for field in fields(default)]
    for option in options or {}:
        if option not in known:
            raise UsageError(f"{name} has no option {option!r}.{nearest(option, known)}")
    made: Method = type(default)(**{**asdict(default), **(options or {})})
    if name_of(made) != name:
        raise UsageError(f"{name} with kernel {options!r} is {name_of(made)}: ask for that.")
    return made


def name_of(method: Method) -> str:
    """Give a method's name.

    Args:
        method: Any of this module, with any options.

    Returns:
        Its name in `METHODS`.
    """
    if isinstance(method, Svm):
        return "svm" if method.kernel == "linear" else "svm_rbf"
    return next(name for name, each in METHODS.items() if type(each) is type(method))
