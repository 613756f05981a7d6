"""COCO 2017 as a list of images with their labels, from the files that COCO publishes."""

import csv
from pathlib import Path

from aehash.errors import AehashError
from aehash.experiments.reproduce.data import at_hand
from aehash.files import atomic_file, read_json

FOLDER = "coco2017"
#: Of each split: the folder of its images, and the annotations.
_PARTS = {
    "train": ("train2017", "annotations/instances_train2017.json"),
    "test": ("val2017", "annotations/instances_val2017.json"),
}
NEEDS = (
    f"needs the folder {FOLDER} in $AEHASH_DATA, with what cocodataset.org publishes as "
    "train2017.zip, val2017.zip and annotations_trainval2017.zip, unpacked: "
    + ", ".join(f"{FOLDER}/{part}" for parts in _PARTS.values() for part in parts)
)


def coco_list(folder: Path) -> Path | None:
    """Write the list of COCO's images, where they are at hand.

    The images without any label are left out, as the paper's are said to have one at least. The
    training images are searched, those of ``val2017`` asked.

    Args:
        folder: Where the list is put; one that is there stays.

    Returns:
        A list with the columns path, labels and split; None where files are missing.

    Raises:
        AehashError: The annotations are not COCO's.
    """
    root = at_hand(FOLDER)
    if root is None or not all(
        (root / part).exists() for parts in _PARTS.values() for part in parts
    ):
        return None
    path = folder / f"{FOLDER}.csv"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("path", "labels", "split"))
            for split, (images, annotations) in _PARTS.items():
                for name, labels in _labelled(root / annotations).items():
                    rows.writerow(((root / images / name).absolute(), "|".join(labels), split))
    return path


def _labelled(path: Path) -> dict[str, list[str]]:
    """Read the categories of each image that has one, in the order of the file."""
    try:
        held = read_json(path)
        names = {each["id"]: each["name"] for each in held["categories"]}
        found: dict[int, set[str]] = {}
        for each in held["annotations"]:
            found.setdefault(each["image_id"], set()).add(names[each["category_id"]])
        return {
            each["file_name"]: sorted(found[each["id"]])
            for each in held["images"]
            if each["id"] in found
        }
    except (KeyError, TypeError) as error:
        raise AehashError(
            f"{path} is not COCO's: it lacks {error}. Fetch annotations_trainval2017.zip again."
        ) from error
