"""Every table and figure of the papers, beside what really comes out.

What the papers print is data, in ``paper_NAME.py``; how each is measured here stands in
``measure_NAME.py``; how the two are held against each other in ``verdict.py``.
"""

from aehash.experiments.reproduce.numbers import entry_names as entry_names
from aehash.experiments.reproduce.numbers import paper_numbers as paper_numbers
from aehash.experiments.reproduce.paper import Paper as Paper
from aehash.experiments.reproduce.paper import PaperNumbers as PaperNumbers
from aehash.experiments.reproduce.report import lay_out as table

__all__ = ["Paper", "PaperNumbers", "entry_names", "paper_numbers", "table"]
