"""The Extractor behind an instructor client. It reports each call to a `CallWatch`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

from structgen.compile import Input, Plan
from structgen.core.results import Extraction, Partial
from structgen.engine.flow import Line, extraction
from structgen.engine.stream.stream_views import Finished, Growing
from structgen.extractor import Extractor
from structgen.instructor.call_watch import CallWatch
from structgen.stages import resolve, resolve_items


class CallExtractor(Extractor):
    """An Extractor whose methods take a watch, or None. The messages are the request: nothing is added to them."""

    def ask(self, schema: object, messages: Input, context: Mapping[str, Any] | None, watch: CallWatch | None) -> Any:
        """Return the Extraction for a chat."""
        return self._run(self._watched(schema, messages, context, watch)[1])

    async def aask(
        self, schema: object, messages: Input, context: Mapping[str, Any] | None, watch: CallWatch | None
    ) -> Any:
        """Async version of `ask`."""
        return await self._arun(self._watched(schema, messages, context, watch)[1])

    def grow(
        self, schema: object, messages: Input, context: Mapping[str, Any] | None, watch: CallWatch | None
    ) -> Generator[Partial | Extraction[Any], None, None]:
        """Yield the value while it arrives, then the Extraction."""
        plan, line = self._watched(schema, messages, context, watch)
        return self._drive(line, Growing(plan.form).show)

    def agrow(
        self, schema: object, messages: Input, context: Mapping[str, Any] | None, watch: CallWatch | None
    ) -> AsyncGenerator[Partial | Extraction[Any], None]:
        """Async version of `grow`."""
        plan, line = self._watched(schema, messages, context, watch)
        return self._adrive(line, Growing(plan.form).show)

    def items(
        self, item: object, messages: Input, context: Mapping[str, Any] | None, watch: CallWatch | None
    ) -> Generator[Any, None, None]:
        """Yield each finished item of a list."""
        finished, line = self._watched_items(item, messages, context, watch)
        return self._drive_items(line, finished)

    def aitems(
        self, item: object, messages: Input, context: Mapping[str, Any] | None, watch: CallWatch | None
    ) -> AsyncGenerator[Any, None]:
        """Async version of `items`."""
        finished, line = self._watched_items(item, messages, context, watch)
        return self._adrive_items(line, finished)

    def _watched(
        self, schema: object, messages: Input, context: Mapping[str, Any] | None, watch: CallWatch | None
    ) -> tuple[Plan[Any], Line[Any]]:
        plan = self._plan(resolve(schema), None, context, extracting=False)
        line = extraction(plan, messages)
        return plan, line if watch is None else watch.watched(line)

    def _watched_items(
        self, item: object, messages: Input, context: Mapping[str, Any] | None, watch: CallWatch | None
    ) -> tuple[Finished[Any], Line[Any]]:
        listed, one = resolve_items(item)
        plan, line = self._watched(listed, messages, context, watch)
        return Finished(one.within(context), plan.form, self.options), line
