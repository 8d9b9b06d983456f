"""The forms in which an answer is asked for: plain, strict, with quotes, and combinations of them."""

from structgen.forms.answer_form import (
    NO_QUOTES,
    AnswerForm,
    PartialView,
    PlainForm,
    QuotedForm,
    StrictForm,
    WrappedForm,
    object_form,
    prompt_forms,
    sent_by,
    strict_form,
)

__all__ = [
    "NO_QUOTES",
    "AnswerForm",
    "PartialView",
    "PlainForm",
    "QuotedForm",
    "StrictForm",
    "WrappedForm",
    "object_form",
    "prompt_forms",
    "sent_by",
    "strict_form",
]
