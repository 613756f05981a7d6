"""What was found out, as tables for the terminal, Markdown, CSV or JSON: one file a kind of result.

:func:`render` and what goes with it are of evaluations; comparisons, methods, relevance feedback
and landmarks have their own.
"""

from aehash.report.evaluations import Format, notes, render, titled, to_json, warnings

__all__ = ["Format", "notes", "render", "titled", "to_json", "warnings"]
