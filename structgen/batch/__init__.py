"""Many documents -> rows, in order, as they finish; and the files that rows are kept in."""

from structgen.batch.budget import RunBudget
from structgen.batch.output import Output, OutputError, open_output
from structgen.batch.row import Row, RowStatus
from structgen.batch.run import Batch
from structgen.batch.summary import Summary
from structgen.batch.tally import Tally

__all__ = ["Batch", "Output", "OutputError", "Row", "RowStatus", "RunBudget", "Summary", "Tally", "open_output"]
