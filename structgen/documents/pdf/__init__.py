"""PDF files -> text that keeps what is side by side on its page side by side, and the places of the pages."""

from structgen.documents.pdf.pdf_text import PdfText, read_pdf

__all__ = ["PdfText", "read_pdf"]
