"""The named protocols themselves; every fact with the place it was read in."""

from aehash.metrics.protocol import Protocol
from aehash.metrics.protocols import Data, NamedProtocol

_DEEPHASH = "github.com/swuxyj/DeepHash-pytorch"
_HASHNET = "github.com/thuml/HashNet"
_BIHALF = "github.com/liyunqianggyn/Deep-Unsupervised-Image-Hashing"
_UNSTABLE = (
    "Its numpy.argsort is not stable, so tied items stand in no order that could be replayed; "
    "here their mean over all orders is taken (ties=expected)."
)
_DEEPHASH_SOURCES = {
    "queries, database": f"{_DEEPHASH}, README.md, section Dataset; utils/tools.py, cifar_dataset",
    "k": f"{_DEEPHASH}, utils/tools.py, config_dataset: topK",
    "per, relevance": f"{_DEEPHASH}, utils/tools.py, CalcTopMap: mean over the hits among the "
    "first topK, relevant where a label is shared; a query without a hit counts as 0",
}
_LAST_ITEM = (
    "Its topK is -1, and CalcTopMap takes gnd[0:-1]: the last item of every ranking is left out. "
    "Here all items count."
)
_WHOLE = Protocol(per="hits", ties="expected", relevance="any", ks=("all",))

_AKBACAK_DATA = (
    Data("coco", "drawn at random from the test split", "the whole data set", 500),
    Data("retinamnist", "drawn at random, of a split that is not named", "the training split", 150),
)
_AKBACAK_SOURCES = {
    "queries": "Akbacak 2023, section on evaluation: 500 queries of COCO's test split, 150 of "
    "RetinaMNIST",
    "k": "Akbacak 2023, Tables 1 and 2: map@5, 10, 15, 20",
    "per": "Akbacak 2023, its equation of AP: divided by R_k, the relevant items among the k "
    "retrieved; the author's published script does the same and sets an undefined AP to 0",
    "radius, rerank": "Akbacak 2023: only items within Hamming radius r are retrieved; r = 20 and "
    "the re-ranking by Euclidean distance of the features stand in the author's published script",
}
_AKBACAK_OPEN = (
    "The seed of the random queries is not published, so which 500 or 150 they are is not known.",
    "No split is named for RetinaMNIST's 150 queries; the published outputs have 400 of its test "
    "split.",
    "What the database holds is not stated in numbers; for RetinaMNIST the training split is "
    "assumed, which the published outputs come in.",
    "The radius of each table's row is not stated; 20 is the script's.",
    "Ties are not mentioned; file order is assumed. With real features hardly any are left after "
    "re-ranking, but a constant code leaves nothing but ties.",
)
_AKBACAK_REMARK = (
    "The script re-ranks every query by the first query's features (a slip); here each by its own."
)

TABLE = (
    NamedProtocol(
        "akbacak2023",
        "Akbacak 2023, ResNet50 autoencoder hashing, as its text says",
        Protocol(20, True, "hits", "database", "all", (5, 10, 15, 20)),
        _AKBACAK_DATA,
        "map@5/hits",
        {
            **_AKBACAK_SOURCES,
            "relevance": "Akbacak 2023: relevant if it holds all the labels of the query",
        },
        _AKBACAK_OPEN,
        (
            _AKBACAK_REMARK,
            "The script takes equal label rows as relevant: akbacak2023-script. For data with one "
            "label an item the two are the same.",
        ),
    ),
    NamedProtocol(
        "akbacak2023-script",
        "Akbacak 2023 as the author's published script does it",
        Protocol(20, True, "hits", "database", "exact", (5, 10, 15, 20)),
        _AKBACAK_DATA,
        "map@5/hits",
        {
            **_AKBACAK_SOURCES,
            "relevance": "the author's published retrieval script: the label rows are equal",
        },
        _AKBACAK_OPEN,
        (_AKBACAK_REMARK,),
    ),
    NamedProtocol(
        "air2023",
        "An et al. 2023, AIR: the first ranking, before any feedback",
        Protocol(per="relevant", relevance="any", ks=("all",), metric="euclidean"),
        (
            Data(
                "cifar100",
                "100 images of each class, drawn at random",
                "the other 50,000 images",
                10_000,
                50_000,
            ),
        ),
        "map@all/relevant",
        {
            "queries": "An et al. 2023, section on the data: 10,000 queries, 100 of each class; "
            "the remaining 50,000 are the training set",
            "per, k": "An et al. 2023, equation 7: divided by R, over the whole list",
            "metric": "An et al. 2023: Euclidean distance of 128-d features ranks the first list",
        },
        (
            "That the database is the training set is not said in so many words.",
            "R is called the relevance results of N images; here all relevant items of the "
            "database.",
        ),
    ),
    NamedProtocol(
        "sureshkumar2024",
        "Sureshkumar et al. 2024, medical retrieval: precision and recall at n",
        Protocol(relevance="any", ks=(20, 40, 60, 80, 100), metric="euclidean"),
        (Data("", "the test tenth of the images", "the training images"),),
        "precision@20",
        {
            "queries, database": "Sureshkumar et al. 2024: distances between each test image and "
            "all training images; split 80/10/10",
            "k": "Sureshkumar et al. 2024, Table I: 20, 40, 60, 80, 100 retrieved",
            "metric": "Sureshkumar et al. 2024, equation 3: Euclidean distance of 48-d features",
            "precision, recall": "Sureshkumar et al. 2024, equations 4 and 5: the relevant among "
            "those retrieved, divided by n, and by M, the relevant images in the database",
            "pictured": "Sureshkumar et al. 2024, section on retrieval and Figure 11: the five "
            "most similar images",
        },
        (
            "Its accuracy is not defined anywhere; here it is the share of queries whose majority "
            "label among the first n is right (accuracy@n/majority).",
            "Its recall cannot be that of its equation 5. That one is at most n/M, and does not "
            "fall as n grows; Table I's falls from 98.42 % at 20 to 93.00 % at 100. Divided by "
            "the precision beside it, it would need M = 19.9, 40.0, 60.4, 81.2 and 101.1 relevant "
            "images a query: about n in every row. Here recall@n is the textbook's, with its bound "
            "beside it (recall_bound@n).",
            "Its analysis was 'conducted separately for each dataset category', but Table I has "
            "one row for each n: whether a mean over queries or over categories is not said, and "
            "both are shown. Table II and the abstract have the means of Table I's five rows.",
            "The paper reports no AP, and says nothing of ties: per=min_k and ties=expected are "
            "this program's defaults.",
            "The data are not published: around 50,000 images of X-ray, MRI, OCT and EEG, how many "
            "of each is not stated. Were they equal, M would be about 10,000 and equation 5's "
            "recall at most 1 % at 100.",
        ),
        by_class=True,
        hits=5,
    ),
    NamedProtocol(
        "deephash-cifar10",
        "DeepHash-pytorch's cifar10: training images are not in the database",
        _WHOLE,
        (Data("cifar10", "100 of each class", "all but queries and training", 1_000, 54_000),),
        "map@all/hits",
        _DEEPHASH_SOURCES,
        remarks=(_LAST_ITEM, _UNSTABLE),
    ),
    NamedProtocol(
        "deephash-cifar10-1",
        "DeepHash-pytorch's cifar10-1: training images are in the database",
        _WHOLE,
        (Data("cifar10", "100 of each class", "all but the queries", 1_000, 59_000),),
        "map@all/hits",
        _DEEPHASH_SOURCES,
        remarks=(_LAST_ITEM, _UNSTABLE),
    ),
    NamedProtocol(
        "deephash-cifar10-2",
        "DeepHash-pytorch's cifar10-2: all that is not a query trains and is searched",
        _WHOLE,
        (Data("cifar10", "1,000 of each class", "all but the queries", 10_000, 50_000),),
        "map@all/hits",
        _DEEPHASH_SOURCES,
        remarks=(_LAST_ITEM, _UNSTABLE),
    ),
    NamedProtocol(
        "cifar10-I",
        "Unsupervised hashing's CIFAR-10 (I), as Bi-half Net has it: mAP@1000",
        Protocol(per="hits", ties="expected", relevance="any", ks=(1_000,)),
        (Data("cifar10", "1,000 of each class", "the other 50,000 images", 10_000, 50_000),),
        "map@1000/hits",
        {
            "queries, database": f"{_BIHALF}, ImageHashing/Cifar10_I.py: the training images are "
            "the database",
            "k": f"{_BIHALF}, ImageHashing/Cifar10_I.py: calculate_top_map, topk=1000",
            "per, relevance": f"{_BIHALF}, ImageHashing/cal_map_single.py, calculate_top_map",
        },
        (
            "The field numbers these settings in both ways: DeepHash-pytorch's "
            "Unsupervised_GreedyHash.py says that GreedyHash's paper calls this one (II). Give "
            "the sizes beside the name.",
        ),
        (_UNSTABLE,),
    ),
    NamedProtocol(
        "cifar10-II",
        "Unsupervised hashing's CIFAR-10 (II), as Bi-half Net has it: mAP over the whole ranking",
        _WHOLE,
        (Data("cifar10", "1,000 of each class", "the other 50,000 images", 10_000, 50_000),),
        "map@all/hits",
        {
            "queries, database": f"{_BIHALF}, ImageHashing/Cifar(II)_bihalf.py: 500 images of "
            "each class, from the database, train",
            "k": f"{_BIHALF}, ImageHashing/Cifar(II)_bihalf.py: calculate_map, mAP@All",
            "per, relevance": f"{_BIHALF}, ImageHashing/cal_map_single.py, calculate_map",
        },
        ("The papers of SSDH and BGAN, which are often cited for it, were not at hand.",),
        (_UNSTABLE,),
    ),
    NamedProtocol(
        "nuswide21",
        "NUS-WIDE with its 21 most frequent concepts, as in DeepHash-pytorch: MAP@5000",
        Protocol(per="hits", ties="expected", relevance="any", ks=(5_000,)),
        (Data("nuswide21", "100 of each class", "the other images", 2_100, 193_734),),
        "map@5000/hits",
        {
            **_DEEPHASH_SOURCES,
            "queries, database": f"{_DEEPHASH}, README.md: 195,834 images with one of the 21 "
            "concepts, 2,100 of them queries",
        },
        (
            "193,734 database items are 195,834 less 2,100; the lists were not counted. "
            "NUS-WIDE-m, of 223,496 images, is another data set.",
        ),
        (_UNSTABLE,),
    ),
    NamedProtocol(
        "coco-hashnet",
        "HashNet's COCO 2014: MAP@5000",
        Protocol(per="hits", ties="expected", relevance="any", ks=(5_000,)),
        (Data("coco", "HashNet's test.txt", "HashNet's database.txt", 5_000, 117_218),),
        "map@5000/hits",
        {
            "queries, database": f"{_HASHNET}, lists pytorch/data/coco: 5,000 and 117,218 lines, "
            "10,000 of the latter train",
            "k": f"{_HASHNET}, pytorch/src/test.py: R = 5000",
            "per, relevance": f"{_HASHNET}, pytorch/src/test.py, mean_average_precision: divided "
            "by the relevant items among the first R, relevant where a label is shared",
        },
        remarks=(
            "Its mean leaves out queries without a hit among the first 5,000; here they count as "
            "0, as in DeepHash-pytorch.",
            "Its pytorch/src/test.py ranks by the inner product of the real outputs, without "
            "taking their sign; here codes are ranked.",
            _UNSTABLE,
        ),
        split="coco-hashnet",
    ),
    NamedProtocol(
        "mnist",
        "MNIST's own split, whole ranking",
        _WHOLE,
        (Data("mnist", "the test images", "the training images", 10_000, 60_000),),
        "map@all/hits",
        {
            "queries, database": "github.com/dzungdoan6/uh-bdnn, README.md: the 60,000 training "
            "images are searched by the test images",
        },
        (
            "HashGAN's paper, whose MNIST numbers are often set beside this, was not at hand: its "
            "split and its k are not verified (a re-implementation, github.com/8uos/"
            "HashGAN-Pytorch, reports precision@1000).",
            "UH-BDNN itself judges by Euclidean neighbours; here relevance is by label.",
        ),
        split="mnist",
    ),
    NamedProtocol(
        "trec",
        "trec_eval's map: divided by all relevant items, over the whole ranking",
        Protocol(per="relevant", ties="expected", relevance="any", ks=("all",)),
        (Data("", "any", "any"),),
        "map@all/relevant",
        {
            "per, k": "github.com/usnistgov/trec_eval, m_map.c: the sum of P(i) over relevant "
            "retrieved documents, divided by num_rel",
        },
        remarks=(
            "It breaks ties by the document's name, last first (form_res_rels.c, comp_sim_docno); "
            "here their mean over all orders is taken.",
            "It averages over the topics that both files hold; here every query counts.",
        ),
    ),
)
