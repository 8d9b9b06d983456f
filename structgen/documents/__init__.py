"""Files, folders, tables and standard input -> Documents, lazily. An unreadable input is a value, not an exception."""

from structgen.documents.file_reader import read_documents
from structgen.documents.inputs import DocumentOrProblem, DocumentProblem

__all__ = ["DocumentOrProblem", "DocumentProblem", "read_documents"]
