"""The registry: finds and loads task templates. Nothing is compiled here, so that looking up a task is cheap."""

from structgen.tasks.registry import Registry, find_task, list_tasks
from structgen.tasks.starter import starter
from structgen.tasks.task_files import load_examples, load_instructions

__all__ = ["Registry", "find_task", "list_tasks", "load_examples", "load_instructions", "starter"]
