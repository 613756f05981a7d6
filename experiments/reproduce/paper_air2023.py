"""An Hong Son et al. (2023): what the text says of Figures 3 and 4, which are pictures only."""

from aehash.experiments.reproduce.paper import Paper, PaperNumbers

PAPER = Paper(
    "air2023",
    "An Hong Son, Nguyen Huu Quynh, Dao Thi Thuy Quynh, Cu Viet Dung: Deep Learning of Image "
    "Representations with Convolutional Neural Networks Autoencoder for Image Retrieval with "
    "Relevance Feedback, 2023",
    "doi:10.32913/mic-ict-research.v2023.n1.1063",
)
DEPTHS = ("10 layers", "20 layers", "40 layers", "60 layers")
ROUNDS = ("round 1", "round 2", "round 3")
_OPEN = (
    "Filters a layer, the learning rate, the place of the 128 numbers and which later layers the "
    "asymmetric shortcuts lead to are not stated.",
)
_SETTING = (
    "CIFAR-100: 50,000 training images are searched, 10,000 test images are asked; SGD, batches of "
    "150, 20 passes"
)

TABLES = (
    PaperNumbers(
        "air2023/figure3",
        PAPER,
        "Figure 3, section IV.3",
        "mAP by depth for five configurations, CIFAR-100",
        DEPTHS,
        {
            "classic": (None,) * 4,
            "shortcut_symmetric": (None,) * 4,
            "nopool_shortcut_symmetric": (None,) * 4,
            "shortcut": (None,) * 4,
            "nopool_shortcut": (None,) * 4,
        },
        measure="map@all/relevant by the Euclidean distance of 128 numbers",
        setting=_SETTING,
        claims={
            "40 layers are best": "the optimal number of layers is 40, with all architectures",
            "asymmetric above symmetric": "asymmetric shortcuts rank above symmetric ones, at all "
            "depths",
            "pooling helps deep nets": "the configurations with pooling are effective on deeper "
            "architectures",
        },
        open_points=_OPEN,
    ),
    PaperNumbers(
        "air2023/figure4",
        PAPER,
        "Figure 4, section IV.3",
        "mAP by round of relevance feedback, CIFAR-100",
        ROUNDS,
        {
            "Baseline": (None,) * 3,
            "AIR": (None,) * 3,
            "EDSSCIR": (None,) * 3,
            "SSCAIR": (None,) * 3,
        },
        measure="map@all/relevant, marked images in the list",
        setting=f"{_SETTING}; 40 layers; an SVM on the marked images re-ranks the database",
        claims={
            "feedback beats none": "AIR is significantly better than the baseline without feedback",
            "AIR above EDSSCIR": "AIR performs better than EDSSCIR on all rounds",
            "AIR above SSCAIR": "AIR gave better results than the other three on all rounds",
        },
        open_points=(
            *_OPEN,
            "The SVM's kernel and how many images a round marks are not stated.",
            "Marked images stay in the list that is judged, so that marking alone raises mAP.",
        ),
    ),
)
