"""Akbacak (2023): what is printed in Tables 1 to 3 and Figures 3 and 5."""

from aehash.experiments.reproduce.paper import NOTHING, Paper, PaperNumbers

PAPER = Paper(
    "akbacak2023",
    "E. Akbacak, Unsupervised Image Hashing Using a Deep Convolutional Encoder-Decoder Model for "
    "Fast Image Retrieval, AKU J. Sci. Eng. 23 (2023) 065102, pages 1458-1465",
    "doi:10.35414/akufemubid.1236064",
)
_KS = ("map@5", "map@10", "map@15", "map@20")
_TRAINED = (
    "ResNet50 from ImageNet at 256 pixels, all layers trained, equal weights of bit balance and "
    "MSE, Adam at 0.01, batches of 32, 100 epochs"
)
_MEASURE = (
    "map@k/hits: items within a Hamming radius, re-ranked by the Euclidean distance of the "
    "features; AP divided by the relevant items found"
)
_OPEN = (
    "The radius of the table's rows is not stated; the author's published script takes 20.",
    "Which queries were drawn is not published.",
    "The published training script has binary cross-entropy, SGD at 0.001 and dense layers of "
    "1024 and 512, where the text has MSE, Adam at 0.01, 2048 and 256.",
    "The published retrieval script re-ranks every query by the first query's features.",
)

TABLES = (
    PaperNumbers(
        "akbacak2023/table1",
        PAPER,
        "Table 1, section 4",
        "MAP of the top retrieved images within a Hamming radius, COCO 2017",
        _KS,
        {
            "64 bits": (0.7454, 0.7444, 0.7406, 0.7364),
            "128 bits": (0.8351, 0.8306, 0.8254, 0.8103),
            "256 bits": (0.8417, 0.8402, 0.8369, 0.8323),
        },
        measure=_MEASURE,
        setting=f"COCO 2017, 78,220 training images, 5,000 test images, 500 of them asked; "
        f"relevant: holds all labels of the query. {_TRAINED}",
        open_points=(
            *_OPEN,
            "Which 78,220 of COCO's 118,287 training images were taken is not said.",
            "The text takes an item that holds all the query's labels as relevant, the script one "
            "that has the same labels.",
        ),
        queries=500,
    ),
    PaperNumbers(
        "akbacak2023/table2",
        PAPER,
        "Table 2, section 4",
        "MAP of the top retrieved images within a Hamming radius, RetinaMNIST",
        _KS,
        {
            "16 bits": (0.4250, 0.4071, 0.3802, 0.3671),
            "32 bits": (0.7415, 0.6443, 0.5422, 0.4602),
            "64 bits": (0.8360, 0.7576, 0.6982, 0.6354),
        },
        measure=_MEASURE,
        setting=f"RetinaMNIST, 1,080 training and 400 test images of 28 pixels, 150 queries. "
        f"{_TRAINED}",
        open_points=(
            *_OPEN,
            "The text lists 48 bits as well, and 32, 48 and 64 instead of 16, 32 and 64.",
        ),
        queries=150,
    ),
    PaperNumbers(
        "akbacak2023/table3",
        PAPER,
        "Table 3, section 4",
        "mAP beside recent unsupervised methods, COCO",
        ("Yu 2021", "Zhang X. 2021", "Zhang H. 2020", "Akbacak 2023"),
        {
            "16 bits": (0.507, 0.745, 0.661, 0.514),
            "32 bits": (0.630, 0.753, 0.694, 0.685),
            "64 bits": (0.689, 0.763, 0.712, 0.734),
        },
        measure="mAP; at which k, and divided by what, is not said",
        setting=f"COCO 2017 for its own column. {_TRAINED}",
        open_points=(
            "k is not stated; 0.734 at 64 bits is below all four cuts of Table 1's row of 64 bits.",
            "The other columns are quoted from their papers, whose data, queries and k differ.",
        ),
        queries=500,
        step=0.001,
    ),
    PaperNumbers(
        "akbacak2023/figure3",
        PAPER,
        "Figure 3, section 2.1",
        "Layers, shapes and parameters of the model at 128 bits",
        ("output shape", "parameters"),
        {
            "input": ("256 × 256 × 3", 0.0),
            "resnet50": ("8 × 8 × 2048", 23_587_712.0),
            "flatten": ("131072", 0.0),
            "dense": ("2048", 268_437_504.0),
            "dense_1": ("256", 524_544.0),
            "hashLayer": ("128", 32_896.0),
            "dense_2": ("256", 33_024.0),
            "reshape": ("16 × 16 × 1", 0.0),
            "conv2d": ("16 × 16 × 1", 10.0),
            "up_sampling2d": ("32 × 32 × 1", 0.0),
            "conv2d_1": ("32 × 32 × 8", 80.0),
            "up_sampling2d_1": ("64 × 64 × 8", 0.0),
            "conv2d_2": ("64 × 64 × 16", 1_168.0),
            "up_sampling2d_2": ("128 × 128 × 16", 0.0),
            "conv2d_3": ("128 × 128 × 3", 435.0),
            "up_sampling2d_3": ("256 × 256 × 3", 0.0),
            "total": (NOTHING, 292_617_373.0),
            "not trainable": (NOTHING, 53_120.0),
        },
        measure="numbers of weights",
        setting="256 × 256 × 3 images, 128 bits",
        step=0.0,
    ),
    PaperNumbers(
        "akbacak2023/figure5",
        PAPER,
        "Figure 5, section 4",
        "A query and what is retrieved, from COCO and from RetinaMNIST",
        ("precision@5",),
        {"RetinaMNIST, a query of level 1": (None,), "COCO": (None,)},
        measure="the share of relevant images among the first five; the paper shows them only",
        setting="The query of RetinaMNIST has level 1 diabetic severity.",
        claims={
            "visually similar": "the retrieval results are visually similar to the query to a "
            "large extent"
        },
    ),
)
