"""The entries: every table and figure, how it is measured, and what that takes."""

from functools import cache

from aehash.errors import UsageError, nearest
from aehash.experiments.reproduce import coco
from aehash.experiments.reproduce.entry import Entry
from aehash.experiments.reproduce.measure_gem2023 import NEEDS
from aehash.experiments.reproduce.numbers import entry_names, paper_numbers

_RETINA = "RetinaMNIST (retinamnist.npz, fetched by name)"
_CIFAR = "CIFAR-100 (cifar-100-binary.tar.gz, fetched by name)"
_MNIST = "MNIST (mnist.npz, fetched by name)"
_MEDICAL = "the paper's images, which are not published: data of your own with one label an image"
_TUNED = "ImageNet's weights of ResNet50 (fetched by Keras) with --full"

#: By entry: how, the cost of the default, what it needs, and the module that measures it.
_HOW: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "akbacak2023/table1": (
        "study akbacak2023_tables on COCO",
        "ten minutes for a few hundred photos; an accelerator for all of COCO",
        (coco.NEEDS, _TUNED),
        "measure_akbacak2023",
    ),
    "akbacak2023/table2": (
        "study akbacak2023_tables, and the author's published codes by the same protocol",
        "a quarter of an hour",
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
        "half a minute",
        (),
        "measure_akbacak2023_figures",
    ),
    "akbacak2023/figure5": (
        "the nets of Tables 1 and 2 at 64 bits",
        "a minute after the tables",
        (_RETINA, coco.NEEDS),
        "measure_akbacak2023_figures",
    ),
    "air2023/figure3": (
        "study air2023_figure3",
        "half an hour",
        (_CIFAR,),
        "measure_air2023",
    ),
    "air2023/figure4": (
        "study air2023_figure4, on the nets of Figure 3",
        "some minutes after Figure 3",
        (_CIFAR,),
        "measure_air2023",
    ),
    "gem2023/table1": (
        "aehash evaluate --protocol oxford5k with converted nets; else study gem2023_caltech",
        "half an hour for the stand-in; hours for Oxford5k without an accelerator",
        (NEEDS.format("oxford5k", "oxford5k", "oxford5k"),),
        "measure_gem2023",
    ),
    "gem2023/table2": (
        "aehash evaluate --protocol paris6k with converted nets; else study gem2023_caltech",
        "half an hour for the stand-in; hours for Paris6k without an accelerator",
        (NEEDS.format("paris6k", "paris6k", "paris6k"),),
        "measure_gem2023",
    ),
    "gem2023/demo": (
        "aehash serve, asked for what the four pictures show",
        "two minutes",
        ("the extra web: pip install 'aehash[web]'",),
        "measure_gem2023_demo",
    ),
    "vinitha2021/figure5": (
        "study vinitha2021_digits",
        "a quarter of an hour",
        (_MNIST,),
        "measure_vinitha2021",
    ),
    "vinitha2021/figure6": (
        "study vinitha2021_digits, on the nets of Figure 5",
        "a few seconds after Figure 5",
        (_MNIST,),
        "measure_vinitha2021",
    ),
    "sureshkumar2024/table1": (
        "study sureshkumar2024_table1",
        "half an hour",
        (_MEDICAL,),
        "measure_sureshkumar2024",
    ),
    "sureshkumar2024/table2": (
        "study sureshkumar2024_table2",
        "half an hour",
        (_MEDICAL,),
        "measure_sureshkumar2024",
    ),
    **dict.fromkeys(
        (f"sureshkumar2024/{figure}" for figure in ("figure7", "figure8", "figure11")),
        (
            "study sureshkumar2024_figures, on the nets of Table I",
            "a minute after Table I",
            (_MEDICAL,),
            "measure_sureshkumar2024",
        ),
    ),
    "sureshkumar2024/figure9": (
        "study sureshkumar2024_table1",
        "a few seconds after Table I",
        (_MEDICAL,),
        "measure_sureshkumar2024",
    ),
}

#: By entry, the study of its reading.
_LADDERS = {
    "akbacak2023/table1": "coco_ladder",
    "akbacak2023/table2": "akbacak2023_ladder",
    "akbacak2023/table3": "coco_ladder",
}


@cache
def entries() -> dict[str, Entry]:
    """Give every entry by its name, in the papers' order."""
    return {
        name: Entry(paper_numbers(name), *_HOW[name], ladder=_LADDERS.get(name, ""))
        for name in entry_names()
    }


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
