"""The blueprint for the accounts and signin pages, and the text that its templates share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.accounts import audit_wording, wording
from app.core.words import LazyTexts

blueprint = Blueprint("accounts", __name__)


@blueprint.context_processor
def _template_texts() -> dict[str, Any]:
    return {
        "role_words": LazyTexts(wording.ROLES),
        "account_words": LazyTexts(wording.ACCOUNTS),
        "account_tones": wording.ACCOUNT_TONES,
        "who_words": LazyTexts(wording.ACTOR_NAMES),
        "describe_verb": audit_wording.describe_verb,
        "describe_subject": audit_wording.describe_subject,
    }
