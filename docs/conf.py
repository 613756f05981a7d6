"""Sphinx: the pages of docs/, the README and the notebooks as one offline site; `make docs`.

The project's folder is the source, so that each link leads to the same file here and on a code
host. Nothing is fetched while it is built or read, and no notebook is run.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

project = "aehash"
author = "the aehash authors"
root_doc = "docs/index"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
include_patterns = ["README.md", "docs/*.md", "docs/api/*.md", "notebooks/*.ipynb"]
exclude_patterns = [".*", "**/.*", "build", "demo", "runs", "tests", "aehash", "benchmarks"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
nitpicky = False

myst_heading_anchors = 4
myst_links_external_new_tab = False
nb_execution_mode = "off"
nb_merge_streams = True
nb_render_markdown_format = "gfm"

autoclass_content = "both"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_attr_annotations = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = "aehash"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_additional_pages = {"index": "start.html"}
html_css_files = ["wide.css"]
html_static_path = ["_static"]
templates_path = ["_templates"]
html_theme_options = {"top_of_page_buttons": []}
pygments_style = "friendly"
maximum_signature_line_length = 72

_ARRAY = re.compile(r"(?:numpy\.)?ndarray\[tuple\[Any, \.\.\.\], (?:numpy\.)?dtype\[([\w.]+)\]\]")


def setup(app: Any) -> None:
    """Let Sphinx shorten the signatures it shows."""
    app.connect("autodoc-process-signature", _shorten)


def _shorten(*event: Any) -> tuple[str | None, str | None]:
    """Write ``NDArray[float32]`` for what an alias of an array's type stands for."""
    short = [
        part and _ARRAY.sub(lambda match: f"NDArray[{match[1].rpartition('.')[2]}]", part)
        for part in event[-2:]
    ]
    return short[0], short[1]
