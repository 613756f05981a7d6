"""Dang et al. (2023): what is printed in Tables 1 and 2, and the pictures of its demo."""

from aehash.experiments.reproduce.paper import Paper, PaperNumbers

PAPER = Paper(
    "gem2023",
    "Dang Thi Tuong Vy, Nguyen Hoang Long, Le Hoang Long, Nguyen Tu Luan: Boosting Performance of "
    "Image Retrieval System through Advanced Convolutional Neural Network Techniques, 2023",
)
_COLUMNS = ("plain", "whitened", "seconds")
_SETTING = (
    "ResNet101 and VGG16 with GeM, fine-tuned on SfM-120k (551 clusters train, 162 validate); "
    "queries cut to their boxes; Google Colab Pro"
)
_MEASURE = (
    "map/trapezoid, good and ok relevant, junk left out; and the seconds of the whole evaluation"
)
_OPEN = (
    "Image sizes and scales are not stated, nor the data that the whitening was learned on.",
    "The text gives the minutes of the tables as seconds (12.49 and 15.50).",
    "The training data is said to hold the images of Oxford5k on purpose; the clusters of "
    "SfM-120k leave them out.",
)
_DEMO = "section 4.5"

TABLES = (
    PaperNumbers(
        "gem2023/table1",
        PAPER,
        "Table 1, section 4.4",
        "MAP of Oxford5k, without and with whitening, and the time it took",
        _COLUMNS,
        {"ResNet101-GeM": (0.8109, 0.8822, 769.0), "VGG16-GeM": (0.8251, 0.8734, 899.0)},
        measure=_MEASURE,
        setting=_SETTING,
        claims={"whitening helps": "the highest MAP is that of ResNet101 with whitening"},
        open_points=_OPEN,
        queries=55,
    ),
    PaperNumbers(
        "gem2023/table2",
        PAPER,
        "Table 2, section 4.4",
        "MAP of Paris6k, without and with whitening, and the time it took",
        _COLUMNS,
        {"ResNet101-GeM": (0.8781, 0.9262, 950.0), "VGG16-GeM": (0.8232, 0.8782, 1109.0)},
        measure=_MEASURE,
        setting=_SETTING,
        claims={"whitening helps": "the highest MAP is that of ResNet101 with whitening"},
        open_points=_OPEN,
        queries=55,
    ),
    PaperNumbers(
        "gem2023/demo",
        PAPER,
        f"Figures 6 to 9, {_DEMO}",
        "The demo: upload, crop, choose the model and how many images come back, see them ranked",
        ("shown",),
        {
            "Figure 6, main page": ("shown",),
            "Figure 7, cropper with aspect ratios": ("shown",),
            "Figure 8, model and number of images": ("shown",),
            "Figure 9, a query and its ranked images": ("shown",),
        },
        measure="whether `aehash serve` does what the picture shows",
        setting="VGG16 and ResNet101 to choose from",
    ),
)
