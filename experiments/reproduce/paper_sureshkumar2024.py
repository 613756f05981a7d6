"""Sureshkumar et al. (2024): Tables I and II, and what the text says of Figures 7, 8, 9 and 11."""

from aehash.experiments.reproduce.paper import Paper, PaperNumbers
from aehash.experiments.sureshkumar2024_table1 import PAPER as TABLE_1
from aehash.experiments.sureshkumar2024_table2 import PAPER as TABLE_2

PAPER = Paper(
    "sureshkumar2024",
    "Suresh Kumar J. S., Maria Celestin Vigila S.: Autoencoder and CNN for Content-based Retrieval "
    "of Multimodal Medical Images, 2024",
)
MEASURES = ("accuracy", "precision", "recall")
_SETTING = (
    "about 50,000 private images of X-ray, MRI, OCT and EEG, split 80/10/10; 48 latent numbers, "
    "Adam at 1e-3 with decay 2e-5, 50 epochs"
)
_OPEN = (
    "Accuracy is not defined; here it is the share of queries whose majority label among the "
    "first n is right.",
    "Recall by its equation 5 is at most n/M and cannot fall as n grows; the printed one does.",
    "The images are not published.",
)
_MEANT = "accuracy@n/majority, precision@n and recall@n by the Euclidean distance of 48 numbers"

TABLES = (
    PaperNumbers(
        "sureshkumar2024/table1",
        PAPER,
        "Table I, section IV",
        "Accuracy, precision and recall at 20 to 100 retrieved",
        MEASURES,
        {f"{n} retrieved": values for n, values in TABLE_1.items()},
        measure=_MEANT,
        setting=_SETTING,
        open_points=_OPEN,
    ),
    PaperNumbers(
        "sureshkumar2024/table2",
        PAPER,
        "Table II, section IV",
        "Accuracy, precision and recall beside four other nets",
        MEASURES,
        dict(TABLE_2.items()),
        measure=f"{_MEANT}; mean of the five cuts",
        setting=_SETTING,
        open_points=(
            *_OPEN,
            "How the other nets were trained, and at which cut they were judged, is not stated; "
            "the paper's own row is the mean of Table I's five.",
        ),
    ),
    PaperNumbers(
        "sureshkumar2024/figure7",
        PAPER,
        "Figure 7, section IV",
        "Loss by epoch",
        ("last pass",),
        {"training": (None,), "validation": (None,)},
        measure="mean squared error of pixels in 0…1",
        setting=_SETTING,
        claims={
            "loss falls to epoch 35": "a gradual reduction in loss up to epoch 35",
            "loss below 0.2": "loss values below 0.2 across all categories",
        },
    ),
    PaperNumbers(
        "sureshkumar2024/figure8",
        PAPER,
        "Figure 8, section IV",
        "Accuracy by epoch",
        ("last pass",),
        {"training": (None,), "validation": (None,)},
        measure="accuracy@20/majority; the paper does not define its own",
        setting=_SETTING,
        claims={
            "accuracy above 0.94": "an accuracy surpassing 94 % across all categories",
            "steady after epoch 5": "a steady rise up to the 5th epoch, a consistent level after",
        },
        open_points=_OPEN[:1],
    ),
    PaperNumbers(
        "sureshkumar2024/figure9",
        PAPER,
        "Figure 9, section IV",
        "Table I as a chart",
        MEASURES,
        {f"{n} retrieved": values for n, values in TABLE_1.items()},
        measure=_MEANT,
        setting=_SETTING,
        claims={"falls with n": "performance gradually decreases as more images are retrieved"},
        open_points=_OPEN,
    ),
    PaperNumbers(
        "sureshkumar2024/figure11",
        PAPER,
        "Figure 11, section IV",
        "Queries and the five images retrieved for each",
        ("precision@5",),
        {"all queries": (None,)},
        measure="the share of the query's class among the first five; the paper shows them only",
        setting=_SETTING,
    ),
)
