"""Compile a schema and a text into a Request: the prompt and the parameters. Pure: nothing is sent."""

from structgen.compile.messages import Input
from structgen.compile.prompt_text import delimited, with_context
from structgen.compile.request import Brief, Plan, compile_brief, compile_chat

__all__ = ["Brief", "Input", "Plan", "compile_brief", "compile_chat", "delimited", "with_context"]
