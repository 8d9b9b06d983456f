"""Turn many documents into rows, in order, as they finish, and write the rows to files."""

from structgen.batch.output import Output, OutputError, open_output
from structgen.batch.row import Row, RowStatus
from structgen.batch.run import Batch, RunBudget
from structgen.batch.summary import ReparseStats, Summary

__all__ = ["Batch", "Output", "OutputError", "ReparseStats", "Row", "RowStatus", "RunBudget", "Summary", "open_output"]
