"""A template drafted from examples: fields, types, choices and optional parts, for a person to edit."""

from structgen.evaluate.draft.drafting import Draft, draft_task

__all__ = ["Draft", "draft_task"]
