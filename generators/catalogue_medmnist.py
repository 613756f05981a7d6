"""The two-dimensional sets of MedMNIST v2, each at 28, 64, 128 and 224 pixels.

Counts, class names, licences, addresses and checksums are the official table's (version 3.0.2 of
the ``medmnist`` package); only the grades of retinamnist, there "0" to "4", are called "grade 0" to
"grade 4". All labels are in the files' order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aehash.generators.dataset_info import DatasetInfo

SIZES = (28, 64, 128, 224)

_CITATION = "Yang et al., MedMNIST v2, Scientific Data 10:41, 2023, doi:10.1038/s41597-022-01721-8"
_ADDRESS = "https://zenodo.org/records/10519652/files/{}?download=1"
_ORGANS = (
    "bladder",
    "femur-left",
    "femur-right",
    "heart",
    "kidney-left",
    "kidney-right",
    "liver",
    "lung-left",
    "lung-right",
    "pancreas",
    "spleen",
)
_BYTES = {"retinamnist": 3_291_041, "pneumoniamnist": 4_170_669}


@dataclass(frozen=True, kw_only=True)
class _Set:
    """A set in all its sizes.

    Attributes:
        name: Its name.
        title: What it shows.
        counts: Images to train, validate and test.
        classes: The class names.
        md5: Of the files at 28, 64, 128 and 224 pixels.
        channels: 1 or 3.
        licence: Its terms.
        multi_label: Whether an image may have several labels, or none.
    """

    name: str
    title: str
    counts: tuple[int, int, int]
    classes: tuple[str, ...]
    md5: tuple[str, str, str, str]
    channels: Literal[1, 3] = 1
    licence: str = "CC BY 4.0"
    multi_label: bool = False

    def sizes(self) -> Iterator[DatasetInfo]:
        for size, md5 in zip(SIZES, self.md5, strict=True):
            name = self.name if size == SIZES[0] else f"{self.name}_{size}"
            yield DatasetInfo(
                name=name,
                title=self.title,
                kind="npz",
                counts=dict(zip(("train", "val", "test"), self.counts, strict=True)),
                classes=self.classes,
                image_size=size,
                channels=self.channels,
                licence=self.licence,
                citation=_CITATION,
                url=_ADDRESS.format(f"{name}.npz"),
                filename=f"{name}.npz",
                bytes=_BYTES.get(name, 0),
                checksum=f"md5:{md5}",
                multi_label=self.multi_label,
                family=self.name,
            )


_SETS = (
    _Set(
        name="pathmnist",
        title="colon tissue under the microscope, nine kinds",
        counts=(89_996, 10_004, 7_180),
        classes=(
            "adipose",
            "background",
            "debris",
            "lymphocytes",
            "mucus",
            "smooth muscle",
            "normal colon mucosa",
            "cancer-associated stroma",
            "colorectal adenocarcinoma epithelium",
        ),
        md5=(
            "a8b06965200029087d5bd730944a56c1",
            "55aa9c1e0525abe5a6b9d8343a507616",
            "ac42d08fb904d92c244187169d1fd1d9",
            "2c51a510bcdc9cf8ddb2af93af1eadec",
        ),
        channels=3,
    ),
    _Set(
        name="chestmnist",
        title="chest X-rays with any of 14 findings, or none",
        counts=(78_468, 11_219, 22_433),
        classes=(
            "atelectasis",
            "cardiomegaly",
            "effusion",
            "infiltration",
            "mass",
            "nodule",
            "pneumonia",
            "pneumothorax",
            "consolidation",
            "edema",
            "emphysema",
            "fibrosis",
            "pleural",
            "hernia",
        ),
        md5=(
            "02c8a6516a18b556561a56cbdd36c4a8",
            "9de6cd0b934ebb5b7426cfba5efbae16",
            "db107e5590b27930b62dbaf558aebee3",
            "45bd33e6f06c3e8cdb481c74a89152aa",
        ),
        multi_label=True,
    ),
    _Set(
        name="dermamnist",
        title="pigmented skin lesions, seven kinds",
        counts=(7_007, 1_003, 2_005),
        classes=(
            "actinic keratoses and intraepithelial carcinoma",
            "basal cell carcinoma",
            "benign keratosis-like lesions",
            "dermatofibroma",
            "melanoma",
            "melanocytic nevi",
            "vascular lesions",
        ),
        md5=(
            "0744692d530f8e62ec473284d019b0c7",
            "b70a2f5635c6199aeaa28c31d7202e1f",
            "2defd784463fa5243564e855ed717de1",
            "8974907d8e169bef5f5b96bc506ae45d",
        ),
        channels=3,
        licence="CC BY-NC 4.0",
    ),
    _Set(
        name="octmnist",
        title="retinal optical coherence tomography, four diagnoses",
        counts=(97_477, 10_832, 1_000),
        classes=("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
        md5=(
            "c68d92d5b585d8d81f7112f81e2d0842",
            "e229e9440236b774d9f0dfef9d07bdaf",
            "0a97e76651ace45c5d943ee3f65b63ae",
            "abc493b6d529d5de7569faaef2773ba3",
        ),
    ),
    _Set(
        name="pneumoniamnist",
        title="chest X-rays of children, normal or pneumonia",
        counts=(4_708, 524, 624),
        classes=("normal", "pneumonia"),
        md5=(
            "28209eda62fecd6e6a2d98b1501bb15f",
            "8f4eceb4ccffa70c672198ea285246c6",
            "05b46931834c231683c68f40c47b2971",
            "d6a3c71de1b945ea11211b03746c1fe1",
        ),
    ),
    _Set(
        name="retinamnist",
        title="fundus photographs, five grades of diabetic retinopathy",
        counts=(1_080, 120, 400),
        classes=("grade 0", "grade 1", "grade 2", "grade 3", "grade 4"),
        md5=(
            "bd4c0672f1bba3e3a89f0e4e876791e4",
            "afda852cc34dcda56f86ad2b2457dbcc",
            "e48e916a24454daf90583d4e6efb1a18",
            "eae7e3b6f3fcbda4ae613ebdcbe35348",
        ),
        channels=3,
    ),
    _Set(
        name="breastmnist",
        title="breast ultrasound, malignant or not",
        counts=(546, 78, 156),
        classes=("malignant", "normal, benign"),
        md5=(
            "750601b1f35ba3300ea97c75c52ff8f6",
            "742edef2a1fd1524b2efff4bd7ba9364",
            "363e4b3f8d712e9b5de15470a2aaadf1",
            "b56378a6eefa9fed602bb16d192d4c8b",
        ),
    ),
    _Set(
        name="bloodmnist",
        title="blood cells under the microscope, eight kinds",
        counts=(11_959, 1_712, 3_421),
        classes=(
            "basophil",
            "eosinophil",
            "erythroblast",
            "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)",
            "lymphocyte",
            "monocyte",
            "neutrophil",
            "platelet",
        ),
        md5=(
            "7053d0359d879ad8a5505303e11de1dc",
            "2b94928a2ae4916078ca51e05b6b800b",
            "adace1e0ed228fccda1f39692059dd4c",
            "b718ff6835fcbdb22ba9eacccd7b2601",
        ),
        channels=3,
    ),
    _Set(
        name="tissuemnist",
        title="kidney cortex cells, eight kinds",
        counts=(165_466, 23_640, 47_280),
        classes=(
            "Collecting Duct, Connecting Tubule",
            "Distal Convoluted Tubule",
            "Glomerular endothelial cells",
            "Interstitial endothelial cells",
            "Leukocytes",
            "Podocytes",
            "Proximal Tubule Segments",
            "Thick Ascending Limb",
        ),
        md5=(
            "ebe78ee8b05294063de985d821c1c34b",
            "123ece2eba09d0aa5d698fda57103344",
            "61b955355d7425a89687b06cca3ce0c2",
            "b077128c4a949f0a4eb01517f9037b9c",
        ),
    ),
    _Set(
        name="organamnist",
        title="abdominal organs in CT, cut across (axial)",
        counts=(34_561, 6_491, 17_778),
        classes=_ORGANS,
        md5=(
            "68e3f8846a6bd62f0c9bf841c0d9eacc",
            "2dcccc29b88e6da5a01161ef20cda288",
            "eeae80d0a227a8d099027e1b3cfd3b60",
            "50747347e05c87dd3aaf92c49f9f3170",
        ),
    ),
    _Set(
        name="organcmnist",
        title="abdominal organs in CT, cut front from back (coronal)",
        counts=(12_975, 2_392, 8_216),
        classes=_ORGANS,
        md5=(
            "b9ceb9546e10131b32923c5bbeaea2b1",
            "3ce34a8724ea6f548e6db4744d03b6a9",
            "773c1f009daa3fe5d9a2a201b2a7ed94",
            "050f5e875dc056f6768abf94ec9995d1",
        ),
    ),
    _Set(
        name="organsmnist",
        title="abdominal organs in CT, cut left from right (sagittal)",
        counts=(13_932, 2_452, 8_827),
        classes=_ORGANS,
        md5=(
            "9ab87b696fb54e2a387ebe992d6ed5f1",
            "53a6d115339d874c25e309a994ff46d3",
            "ded0c5fa01a95dc4978b956f613e9b8e",
            "b354719e553fbbb2513d5533f52a4cb1",
        ),
    ),
)

MEDMNIST = tuple(info for each in _SETS for info in each.sizes())
"""Every set at every size, the sizes of a set together."""
