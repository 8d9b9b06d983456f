"""Schema + text -> Request: the prompt and the parameters. Pure: nothing is sent."""

from structgen.compile.prompt_text import delimited
from structgen.compile.request import Brief, Input, Plan, compile_brief, compile_chat, with_context

__all__ = ["Brief", "Input", "Plan", "compile_brief", "compile_chat", "delimited", "with_context"]
