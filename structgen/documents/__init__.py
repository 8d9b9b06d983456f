"""Files, folders, tables and standard input -> Documents, lazily. An unreadable input is a value, not an exception."""

from structgen.documents.file_reader import read_documents
from structgen.documents.inputs import DocumentProblem

__all__ = ["DocumentProblem", "read_documents"]
