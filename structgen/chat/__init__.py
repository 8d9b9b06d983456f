"""Conversations with a model: the history, its transcript, and how much of it still fits."""

from structgen.chat.asking import AsyncChatStream, ChatStream
from structgen.chat.conversation import Chat

__all__ = ["AsyncChatStream", "Chat", "ChatStream"]
