"""How Sphinx builds the site: python -m sphinx -W --keep-going docs build/site."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "_extensions"), str(Path(__file__).parents[1])]

import structgen

project = "structgen"
author = "the authors of structgen"
project_copyright = author
version = release = structgen.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "plain_docstrings"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_extensions"]

# Anchors of headings are those of GitHub, so that a link works there and on the site.
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "attrs_block"]

autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True, "undoc-members": True, "show-inheritance": True}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries = False

# Quotes and dashes stay as they are written: --option must not become a dash.
smartquotes = False

html_theme = "furo"
html_title = "structgen"
html_theme_options = {"source_directory": "docs/", "navigation_with_keys": True}
html_copy_source = False
html_show_sphinx = False
copybutton_exclude = ".linenos, .gp, .go"
