"""The Oxford and Paris protocols; every fact with the place it was read in."""

from aehash.metrics.landmark_conventions import LandmarkConventions
from aehash.metrics.protocol import Protocol
from aehash.metrics.protocols import Data, NamedProtocol

_REVISITOP = "github.com/filipradenovic/revisitop"
_VGG = "robots.ox.ac.uk/~vgg/data"
_TIES = (
    "Neither says what becomes of ties (numpy.argsort of inner products, which is not stable); "
    "here their mean over all orders is taken. It matters for codes, hardly for features."
)
_AP = "AP: trapezoids under precision over recall, junk taken out of the ranking first"
_SELF = (
    "The query's own image is in the database and on its list of relevant images, in all 55 "
    "queries: it stays there and counts, though it is the whole image and the query a part of it."
)
_OPEN = (
    "The images were not at hand, so that no published number was computed again here; AP and "
    "mP@k were compared with slow readings of both definitions.",
    "Whether every box is inside its image could not be checked without the images.",
)
_OLD_SOURCES = {
    "relevant": f"{_VGG}/oxbuildings: good and ok; compute_ap.cpp, which takes both as positive",
    "junk": "compute_ap.cpp: images of junk are passed over and take no place in the ranking",
    "AP": f"{_AP}; compute_ap.cpp, and {_REVISITOP}, python/evaluate.py, compute_ap: the same",
    "metric": f"{_REVISITOP}, python/example_evaluate.py: the inner product of L2-normalised "
    "descriptors; Dang et al. 2023 the same",
    "queries": "NAME_query.txt: an image and a box in pixels, which is cut out before the "
    "descriptor is computed",
}
_NEW_SOURCES = {
    "relevant, junk": f"{_REVISITOP}, python/example_evaluate.py: easy (junk: junk and hard), "
    "medium (easy and hard; junk: junk), hard (junk: junk and easy)",
    "AP": f"{_REVISITOP}, python/evaluate.py, compute_map and compute_ap: {_AP}",
    "mP@k": f"{_REVISITOP}, python/evaluate.py, compute_map: divided by min(k, the place of the "
    "last relevant image)",
    "left out": f"{_REVISITOP}, python/evaluate.py, compute_map: a query without a relevant image "
    "is NaN and in no mean",
    "queries, database": f"{_REVISITOP}, python/dataset.py: qimlist and imlist; the query images "
    "are not in the database",
    "metric": f"{_REVISITOP}, python/example_evaluate.py: the inner product of L2-normalised "
    "descriptors",
}
_NEAREST = Protocol(
    per="relevant", ties="expected", ks=("all",), metric="euclidean", exclude_self=False
)

LANDMARK_TABLE = (
    NamedProtocol(
        "oxford5k",
        "Philbin et al. 2007, Oxford Buildings: good and ok, junk taken out",
        _NEAREST,
        (Data("oxford5k", "5 of each of 11 landmarks, cut to a box", "all the images", 55, 5_063),),
        "map/trapezoid",
        {**_OLD_SOURCES, "database": f"{_REVISITOP}'s gnd_oxford5k.mat: 5,063 images"},
        (
            *_OPEN,
            f"{_VGG}/oxbuildings now speaks of 5,062 images; the .mat file's list has 5,063, no "
            "name twice.",
        ),
        (_SELF, _TIES, "compute_ap.cpp adds in float32; here in float64."),
        landmarks=LandmarkConventions(),
    ),
    NamedProtocol(
        "paris6k",
        "Philbin et al. 2008, Paris: good and ok, junk taken out",
        _NEAREST,
        (Data("paris6k", "5 of each of 11 landmarks, cut to a box", "all the images", 55, 6_392),),
        "map/trapezoid",
        {**_OLD_SOURCES, "database": f"{_REVISITOP}'s gnd_paris6k.mat: 6,392 images"},
        _OPEN,
        (_SELF, _TIES, "compute_ap.cpp adds in float32; here in float64."),
        landmarks=LandmarkConventions(),
    ),
    NamedProtocol(
        "roxford5k",
        "Radenović et al. 2018, revisited Oxford: easy, medium, hard",
        _NEAREST,
        (Data("roxford5k", "cut to a box", "the images but the queries", 70, 4_993),),
        "map/trapezoid",
        {**_NEW_SOURCES, "counts": "gnd_roxford5k.mat: 2 queries have no easy image"},
        _OPEN,
        (_TIES,),
        landmarks=LandmarkConventions(),
    ),
    NamedProtocol(
        "rparis6k",
        "Radenović et al. 2018, revisited Paris: easy, medium, hard",
        _NEAREST,
        (Data("rparis6k", "cut to a box", "the images but the queries", 70, 6_322),),
        "map/trapezoid",
        {**_NEW_SOURCES, "counts": "gnd_rparis6k.mat: every query has easy and hard images"},
        _OPEN,
        (_TIES,),
        landmarks=LandmarkConventions(),
    ),
)
