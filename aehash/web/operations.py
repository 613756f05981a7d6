"""The API's operations: declared once, for checking what comes and for the document."""

from aehash.feedback import METHODS
from aehash.web import answers, handlers
from aehash.web.fields import Field, Record
from aehash.web.kinds import Choice, Crop, Items, Maybe, Picture, Text, Whole, Yes
from aehash.web.maps import MOST as POINTS
from aehash.web.operation import Answer, Operation
from aehash.web.search import FURTHEST, MOST

ROOT = "/api/v1"
_BOOK = f"{ROOT}/codebooks/{{name}}"
_ITEM = f"{_BOOK}/items/{{row}}"
_ROW = Whole(0, 2**53 - 1)
_KEY = Text(4096)
_QUERY = Text(2_000_000, "^[A-Za-z0-9_-]+=*$")
_SIDE = Field("size", Whole(16, 1024), "The longest side in pixels.", default=160)

NAME = Field("name", Text(200), "The codebook's name.", required=True)
BOOK = Record((NAME,))
ITEM = Record((NAME, Field("row", _ROW, "A row, from 0.", required=True)))
_LABEL = Field("label", Text(1000), "Only rows of this class, by name or number.")
_COUNT = Field("count", Whole(1, 500), "How many at most.", default=24)
_CROP = Field(
    "crop", Crop(), "left,top,width,height of the upright picture, each as a part of it, 0 to 1."
)
_IMAGE = "A JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF file; it is decoded in memory and not kept."
_METRIC = Choice(("hamming", "euclidean", "reranked"))
_OWN = (
    Field("row", _ROW, "Search by this row."),
    Field("key", _KEY, "Search by the row of this key; beside row it must be that row's."),
    Field("query", _QUERY, "Search by what an earlier answer held as query.query."),
)
_HOW = (
    Field("codebook", Text(200), "The codebook's name.", required=True),
    Field("metric", _METRIC, "How images are compared.", default="hamming"),
    Field("k", Whole(1, MOST), "How many results at most.", default=24),
    Field("skip", Whole(0, FURTHEST - MOST), "How many of the best to pass over.", default=0),
    _LABEL,
)
_RADIUS = Field("radius", Whole(0, 65_534), "Instead of the k nearest: all within so many bits.")
_BESIDE = {"key": "row"}
_SEARCH = Record((*_HOW, _RADIUS, *_OWN), ("row", "key", "query"), _BESIDE)
_UPLOAD = Record(
    (*_HOW, _RADIUS, Field("image", Picture(), _IMAGE), _CROP, *_OWN),
    ("image", "row", "key", "query"),
    _BESIDE,
)
_MARK = Record(
    (
        Field("row", _ROW, "The row that is marked.", required=True),
        Field("key", _KEY, "Its key; an error where it is another's."),
        Field(
            "relevant",
            Maybe(),
            "Whether it is what is looked for; null takes an earlier mark back.",
            required=True,
        ),
    )
)
_UNMARKED = "Nothing is marked: mark a result as relevant (+) or irrelevant (-) first."
_MARKS = Items(_MARK, 10_000, 1, _UNMARKED)
_ROUND = Record((Field("marks", _MARKS, "At least one.", required=True),))
_FEEDBACK = Record(
    (
        *_HOW,
        *_OWN,
        Field("rounds", Items(_ROUND, 200, 1, _UNMARKED), "All rounds so far.", required=True),
        Field("method", Choice(tuple(METHODS)), "How marks change the ranking.", default="svm"),
        Field("seed", Whole(0, 2**31), "Of what the method draws.", default=0),
        Field("marked", Yes(), "Whether marked rows are listed too.", default=True),
    ),
    ("row", "key", "query"),
    _BESIDE,
)
_PLACE = Record(
    (Field("rows", Items(_ROW, 10_000), "Rows to be placed."), *_OWN),
)
_PNG = ("image/png",)

OPERATIONS = (
    Operation(
        "health",
        "GET",
        f"{ROOT}/health",
        "Say that the server answers, and how far its nets are.",
        handlers.health,
        Answer("It answers.", answers.HEALTH),
        open=True,
    ),
    Operation(
        "codebooks",
        "GET",
        f"{ROOT}/codebooks",
        "Describe the codebooks.",
        handlers.codebooks,
        Answer("The codebooks.", answers.CODEBOOKS),
    ),
    Operation(
        "item",
        "GET",
        _ITEM,
        "Describe a row.",
        handlers.item,
        Answer("The row.", answers.ITEM),
        ITEM,
    ),
    Operation(
        "item_of_key",
        "GET",
        f"{_BOOK}/items",
        "Find a row by its key.",
        handlers.item_of_key,
        Answer("The row.", answers.ITEM),
        BOOK,
        Record((Field("key", _KEY, "The image's name.", required=True),)),
    ),
    Operation(
        "image",
        "GET",
        f"{_ITEM}/image",
        "Show a row's image, small and without metadata; a grey tile, with the header "
        "X-Aehash-Missing: 1, where its file is gone.",
        handlers.image,
        Answer("A picture.", kinds=("image/png", "image/jpeg")),
        ITEM,
        Record((_SIDE,)),
    ),
    Operation(
        "reconstruction",
        "GET",
        f"{_ITEM}/reconstruction",
        "Draw a row's image again from what the net keeps of it.",
        handlers.reconstruction,
        Answer("A picture.", kinds=_PNG),
        ITEM,
        Record((_SIDE,)),
        heavy=True,
    ),
    Operation(
        "reconstruction_of_upload",
        "POST",
        f"{_BOOK}/reconstruction",
        "Draw an uploaded picture again from what the net keeps of it.",
        handlers.reconstruction_of_upload,
        Answer("A picture.", kinds=_PNG),
        BOOK,
        form=Record((Field("image", Picture(), _IMAGE, required=True), _CROP)),
        heavy=True,
    ),
    Operation(
        "search",
        "POST",
        f"{ROOT}/search",
        "Find the images most like one: an uploaded one, or a row.",
        handlers.search,
        Answer("What was found.", answers.FOUND, lines=answers.LINE),
        json=_SEARCH,
        form=_UPLOAD,
        heavy=True,
    ),
    Operation(
        "feedback",
        "POST",
        f"{ROOT}/feedback",
        "Search again by what was marked in all rounds so far.",
        handlers.feedback,
        Answer("What was found.", answers.REFINED, lines=answers.LINE),
        json=_FEEDBACK,
        heavy=True,
    ),
    Operation(
        "map",
        "GET",
        f"{_BOOK}/map",
        "Say how the map of the codebook is getting on; the first time, begin it.",
        handlers.map_state,
        Answer("Its state.", answers.MAP),
        BOOK,
    ),
    Operation(
        "map_points",
        "GET",
        f"{_BOOK}/map/points",
        f"Give the map's points, {POINTS:,} at most: the row as uint32, x and y as float32, the "
        "class's place in the codebook's classes as uint32 (4294967295: none, or several), "
        "little-endian, 16 bytes a point.",
        handlers.map_points,
        Answer("The points.", kinds=("application/octet-stream",)),
        BOOK,
    ),
    Operation(
        "map_place",
        "POST",
        f"{_BOOK}/map/place",
        "Place rows and a query in the map.",
        handlers.map_place,
        Answer("Where they are.", answers.PLACED),
        BOOK,
        json=_PLACE,
    ),
    Operation(
        "random",
        "GET",
        f"{_BOOK}/random",
        "Draw images.",
        handlers.random,
        Answer("The images.", answers.ITEMS),
        BOOK,
        Record((_COUNT, Field("seed", Whole(0, 2**31), "Of the draw.", default=0), _LABEL)),
    ),
    Operation(
        "isolated",
        "GET",
        f"{_BOOK}/isolated",
        "Find the images that are furthest from all others.",
        handlers.isolated,
        Answer("The images, the most isolated first.", answers.ISOLATED),
        BOOK,
        Record((_COUNT, _LABEL)),
        heavy=True,
    ),
    Operation(
        "duplicates",
        "GET",
        f"{_BOOK}/duplicates",
        "Bring together the images that are nearly the same. Where that takes a while, the answer "
        "is 503 and says how far it is, until it is known; what nobody asks for is given up.",
        handlers.duplicates,
        Answer("The groups, the largest first.", answers.DUPLICATES),
        BOOK,
        Record(
            (
                Field("radius", Whole(0, 16), "Bits that joined images differ in.", default=2),
                Field("limit", Whole(1, 500), "Groups at most.", default=50),
                Field("members", Whole(2, 500), "Images of a group at most.", default=24),
                _LABEL,
            )
        ),
        heavy=True,
    ),
    Operation(
        "metrics",
        "GET",
        "/metrics",
        "Counts and times, for Prometheus.",
        handlers.metrics,
        Answer("Text in Prometheus's form.", kinds=("text/plain",)),
    ),
)
