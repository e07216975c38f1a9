"""The blueprint on which the view modules register their pages, and what its templates know."""

from __future__ import annotations

from flask import Blueprint

from app.matching import wording

blueprint = Blueprint("matching", __name__)
# Macros see globals, not what a context processor adds.
blueprint.add_app_template_global(wording.in_words, "terms_in_words")
blueprint.add_app_template_global(wording.suits_in_words, "suits_in_words")
blueprint.add_app_template_global(wording.counted_points, "counted_points")
blueprint.add_app_template_global(wording.points, "points")
blueprint.add_app_template_global(wording.against, "against_in_words")
blueprint.add_app_template_global(wording.state_words, "proposal_states")
