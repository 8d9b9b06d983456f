"""Files, folders, tables and standard input -> Documents, lazily. An unreadable input is a value, not an exception."""

from structgen.documents.inputs import DocumentProblem
from structgen.documents.reader import read_documents

__all__ = ["DocumentProblem", "read_documents"]
