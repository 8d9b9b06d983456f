"""The models for sound. No model card speaks of them: what they cost goes by the hour or the character."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from structgen.core.records import Card

MODELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "whisper-large-v3": ("transcriptions", "translations"),
        "whisper-large-v3-turbo": ("transcriptions",),
        "canopylabs/orpheus-v1-english": ("speech",),
        "canopylabs/orpheus-arabic-saudi": ("speech",),
    }
)
"""The models for sound, and the endpoints that take each."""

VOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "canopylabs/orpheus-v1-english": ("autumn", "diana", "hannah", "austin", "daniel", "troy"),
        "canopylabs/orpheus-arabic-saudi": ("fahad", "sultan", "lulwa", "noura"),
    }
)

CARDS: Mapping[str, Card] = MappingProxyType(
    {
        name: Card(name, status="production", context_window=448)
        if name.startswith("whisper")
        else Card(name, status="preview", context_window=4_000, max_completion_tokens=50_000)
        for name in MODELS
    }
)
"""As the endpoint of one model shows them; the list is that of the model cards, for texts."""
