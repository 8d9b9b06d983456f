"""A document too long for one request: how its text is split, and what the answer to one chunk must look like."""

from structgen.documents.chunks.chunk_schema import ChunkSchema, branch_names
from structgen.documents.chunks.splitter import Chunk, context_at, cut_again, cut_text

__all__ = ["Chunk", "ChunkSchema", "branch_names", "context_at", "cut_again", "cut_text"]
