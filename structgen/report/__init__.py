"""Views of results: HTML for notebooks, and highlighted text for terminals."""

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
