"""An HTML page as the text that a model reads: Markdown, with a way back from every character to the page's source."""

from structgen.documents.html_text.page_text import PageText, is_html_file, is_page, page_text

__all__ = ["PageText", "is_html_file", "is_page", "page_text"]
