"""The registry: finds and loads task templates. It compiles nothing, so that naming a task costs no more than that."""

from structgen.tasks.examples import load_examples, load_instructions
from structgen.tasks.find import find_task
from structgen.tasks.registry import Registry, list_tasks
from structgen.tasks.starter import starter

__all__ = ["Registry", "find_task", "list_tasks", "load_examples", "load_instructions", "starter"]
