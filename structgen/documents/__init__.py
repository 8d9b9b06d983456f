"""Files, folders, tables and the standard input -> Documents, lazily; what cannot be read is a value, not an end."""

from structgen.documents.inputs import DocumentProblem
from structgen.documents.reader import read_documents

__all__ = ["DocumentProblem", "read_documents"]
