"""Codes that are all one and the same, and what to do about them."""

from aehash.codebook import Codebook

#: For features that are never negative, as GeM's: their signs are one code.
UNSIGNED = (
    "no feature is negative, so the codes, which are their signs, say nothing: use --metric "
    "euclidean; whiten by --set describe.whitening=pca in training or by `aehash codebook "
    "whiten`; or make codes by `aehash codebook binarise`"
)
#: Rows looked at at once.
_ROWS = 4096


def unsigned(book: Codebook) -> bool:
    """Tell whether the first features of a codebook have no negative one among them.

    Args:
        book: The codebook.

    Returns:
        Whether it is so; not so where it has no features.
    """
    features = book.features
    return features is not None and len(book) > 0 and bool(features[:_ROWS].min() >= 0)


def alike(book: Codebook) -> str:
    """Say that all codes of a codebook are one and the same, and what to do.

    Args:
        book: The codebook; as much of it is read as is equal.

    Returns:
        A sentence without its stop; empty where two codes differ, or there are not two.
    """
    codes = book.codes
    starts = range(0, len(codes), _ROWS)
    if len(codes) < 2 or any((codes[at : at + _ROWS] != codes[0]).any() for at in starts):
        return ""
    if unsigned(book):
        return UNSIGNED
    return (
        f"all {len(codes):,} codes are one and the same, so every image is as near as any other: "
        "the net has collapsed; train it again"
        + ("" if book.features is None else ", or use --metric euclidean")
    )
