"""Vinitha and Velantina (2021): Figures 5 and 6, which are pictures; the paper has no numbers."""

from aehash.experiments.reproduce.paper import Paper, PaperNumbers

PAPER = Paper(
    "vinitha2021",
    "Vinitha V., Velantina V.: Content Based Image Retrieval from Auto Encoders Using Keras and "
    "Tensor Flow Python API a Deep Learning Technique, 2021",
)
_SETTING = "MNIST; the layers, latent size and training are those of the tutorial it builds on"

TABLES = (
    PaperNumbers(
        "vinitha2021/figure5",
        PAPER,
        "Figure 5, section II",
        "MNIST digits and their reconstructions",
        ("mean squared error",),
        {"test digits": (None,)},
        measure="of pixels in 0…1; chance is the mean training image in place of a reconstruction",
        setting=_SETTING,
    ),
    PaperNumbers(
        "vinitha2021/figure6",
        PAPER,
        "Figure 6, section II",
        "A query with the digit 9, and its neighbours by the Euclidean distance of latent vectors",
        ("precision@10",),
        {"the digit 9": (None,), "all digits": (None,)},
        measure="the share of the query's digit among the first ten; the paper shows them only",
        setting=_SETTING,
    ),
)
