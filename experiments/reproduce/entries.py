"""The entries: every table and figure, how it is measured, and what that takes."""

from functools import cache

from aehash.errors import UsageError, nearest
from aehash.experiments.reproduce import coco
from aehash.experiments.reproduce.entry import Entry
from aehash.experiments.reproduce.numbers import entry_names, paper_numbers

_RETINA = "RetinaMNIST (retinamnist.npz, fetched by name)"
_CIFAR = "CIFAR-100 (cifar-100-binary.tar.gz, fetched by name)"
_MEDICAL = "the paper's images, which are not published: data of your own with one label an image"
_TUNED = "ImageNet's weights of ResNet50 (fetched by Keras) with --full"

#: By entry: how, the cost of the default, what it needs, and the module that measures it.
_HOW: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "akbacak2023/table1": (
        "study akbacak2023_tables on COCO",
        "half an hour for a few hundred photos; an accelerator for all of COCO",
        (coco.NEEDS, _TUNED),
        "measure_akbacak2023",
    ),
    "akbacak2023/table2": (
        "study akbacak2023_tables, and the author's published codes by the same protocol",
        "ten minutes",
        (_RETINA, _TUNED),
        "measure_akbacak2023",
    ),
    "akbacak2023/table3": (
        "study akbacak2023_tables on COCO, the nets of Table 1 among them",
        "a minute after Table 1",
        (coco.NEEDS, _TUNED),
        "measure_akbacak2023",
    ),
    "akbacak2023/figure3": (
        "the builder akbacak2023, layer by layer",
        "half a minute and 1.5 GB of memory",
        (),
        "measure_akbacak2023_figures",
    ),
    "akbacak2023/figure5": (
        "the nets of Tables 1 and 2 at 64 bits",
        "a minute after the tables",
        (_RETINA, coco.NEEDS),
        "measure_akbacak2023_figures",
    ),
}


@cache
def entries() -> dict[str, Entry]:
    """Give every entry by its name, in the papers' order."""
    return {name: Entry(paper_numbers(name), *_HOW[name]) for name in entry_names() if name in _HOW}


def entry(name: str) -> Entry:
    """Find an entry.

    Args:
        name: Such as ``akbacak2023/table2``.

    Returns:
        The entry.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in entries():
        raise UsageError(f"There is no table or figure {name!r}.{nearest(name, entries())}")
    return entries()[name]
