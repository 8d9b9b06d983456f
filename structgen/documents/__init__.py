"""Files, folders, tables and standard input -> Documents, lazily. An unreadable input is a value, not an exception."""

from structgen.core.options import InputFormat
from structgen.documents.document_count import count_documents
from structgen.documents.file_reader import ReadingOptions, read_documents
from structgen.documents.inputs import DocumentOrProblem, DocumentProblem, Outputs

__all__ = [
    "DocumentOrProblem",
    "DocumentProblem",
    "InputFormat",
    "Outputs",
    "ReadingOptions",
    "count_documents",
    "read_documents",
]
