"""How a result shows itself: as HTML for notebooks, and highlighted in a terminal. Nothing is decided here."""

from structgen.report.html import extraction_html, failure_html, view_html
from structgen.report.terminal import print_extraction, print_view
from structgen.report.view import View, view_of, view_of_failure

__all__ = [
    "View",
    "extraction_html",
    "failure_html",
    "print_extraction",
    "print_view",
    "view_html",
    "view_of",
    "view_of_failure",
]
