"""What a map says of itself."""

from aehash.workflow.map_trust import Trust


def figures(found: Trust) -> str:
    """Say in a line how far the picture can be trusted.

    Args:
        found: The figures.

    Returns:
        The line, to stand beneath the picture.
    """
    if found.full is None or found.picture is None or found.chance is None:
        return (
            f"Of the {found.nearest} nearest in the picture, {_percent(found.kept)} are among the "
            f"nearest in the full space; by chance {_percent(found.kept_chance)}."
        )
    return (
        f"Of the {found.nearest} nearest, the same label: {_percent(found.full)} in the full "
        f"space, {_percent(found.picture)} in the picture, {_percent(found.chance)} by chance."
    )


def notes(
    found: Trust, *, umap: bool, several: bool, many: bool, names: list[str]
) -> tuple[str, ...]:
    """Say what a reader of the picture should know.

    Args:
        found: The figures.
        umap: Whether it was laid out by UMAP.
        several: Whether images may have several labels, and none was chosen.
        many: Whether there are more classes than colours.
        names: Of the codebooks, the one whose map it is first.

    Returns:
        Sentences.
    """
    said = []
    if umap:
        said.append(
            "UMAP keeps neighbours: distances between clusters and their sizes mean nothing."
        )
    if several:
        said.append(
            "An image with one label has its colour; --label NAME colours all that have it."
        )
    if many:
        said.append("There are too many classes to name: --label NAME colours some of them.")
    if len(names) > 1:
        said.append(f"Ringed: {names[1]}, placed into the map of {names[0]}.")
    if found.full is not None and found.picture is not None and found.chance is not None:
        gained, lost = found.full - found.chance, found.full - found.picture
        noise = 2 * (found.chance * (1 - found.chance) / max(1, found.labelled)) ** 0.5
        if gained > noise and lost > gained / 2:
            said.append("The picture loses more than half of what the full space tells apart.")
    return tuple(said)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
