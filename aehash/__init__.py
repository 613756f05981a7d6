"""Unsupervised image hashing and content-based image retrieval with autoencoders.

The stages, each a public function from one value to the next::

    images → BatchSource → training → Snapshot → extraction → Codebook → Ranking → Report

Submodules are imported on first use, so ``import aehash`` costs nothing and never
starts Keras unless a model is asked for.
"""

import importlib
from types import ModuleType

__version__ = "0.1.0"

_SUBMODULES = frozenset(
    {
        "bits",
        "codebook",
        "errors",
        "experiments",
        "extraction",
        "generators",
        "index",
        "losses",
        "metrics",
        "models",
        "plots",
        "recipe",
        "registry",
        "report",
        "snapshot",
        "training",
        "workflow",
    }
)


def __getattr__(name: str) -> ModuleType:
    """Import a submodule on first use."""
    if name in _SUBMODULES:
        return importlib.import_module(f"aehash.{name}")
    raise AttributeError(f"module 'aehash' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public submodules beside the module's own names."""
    return sorted({*globals(), *_SUBMODULES})
