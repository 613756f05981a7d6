"""The named splits themselves, each with the SHA-256 of its file."""

from aehash.metrics.split_identity import NamedSplit

_DRAWN = (
    "; stands in for {} of other papers, which draw as many of each class at random and do not "
    "publish which"
)

SPLITS = (
    NamedSplit(
        "mnist",
        "the test images, among the training images",
        10_000,
        60_000,
        "1314a60f3809c252fc62d9c6e70c024b98ca45761e1319cecbbf53d6c8a28e51",
    ),
    NamedSplit(
        "cifar10",
        "the test images, 1,000 of each class, among the training images"
        + _DRAWN.format("cifar10-I and cifar10-II"),
        10_000,
        50_000,
        "380fb5460ed7e0cacd27389f2d1dba085310ff034b7b6ae5f617b412a6a5d5e7",
    ),
    NamedSplit(
        "cifar100",
        "the test images, 100 of each class, among the training images"
        + _DRAWN.format("the split of air2023"),
        10_000,
        50_000,
        "380fb5460ed7e0cacd27389f2d1dba085310ff034b7b6ae5f617b412a6a5d5e7",
    ),
    NamedSplit(
        "retinamnist",
        "MedMNIST's test images, among its training images; those that validate are in neither",
        400,
        1_080,
        "dc1e6475bb2d3f692e1a318790e741efd5268d6ce559fe2041e8cdf6584bb5dd",
    ),
    NamedSplit(
        "coco-hashnet",
        "HashNet's test.txt, among its database.txt; keys are the last two parts of the paths, "
        "such as val2014/COCO_val2014_000000477705.jpg",
        5_000,
        117_218,
        "ad136c2730b83014157311ce1f0dd496de8822b297152c589824ed72e8b9b42f",
        keys=False,
    ),
)
