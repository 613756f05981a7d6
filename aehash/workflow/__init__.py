"""One function a command: what the command line, a notebook and a script all call."""

from aehash.workflow.common import CODES, RUNS, SPLITS, run_dataset
from aehash.workflow.compare import Compared, compare_evaluations, draw_comparison
from aehash.workflow.evaluate import Judged, evaluate_codes
from aehash.workflow.extract import Extracted, extract
from aehash.workflow.feedback import Opened, feedback
from aehash.workflow.map import Map, draw_map
from aehash.workflow.methods import compare_methods, draw_methods
from aehash.workflow.search import Found, search
from aehash.workflow.serve import serve
from aehash.workflow.train import make_recipe, resume, train

__all__ = [
    "CODES",
    "RUNS",
    "SPLITS",
    "Compared",
    "Extracted",
    "Found",
    "Judged",
    "Map",
    "Opened",
    "compare_evaluations",
    "compare_methods",
    "draw_comparison",
    "draw_map",
    "draw_methods",
    "evaluate_codes",
    "extract",
    "feedback",
    "make_recipe",
    "resume",
    "run_dataset",
    "search",
    "serve",
    "train",
]
