"""The blueprint for matching, and the functions that its templates use."""

from __future__ import annotations

from flask import Blueprint

from app.matching import wording

blueprint = Blueprint("matching", __name__)
# These are globals because macros cannot use context processors.
blueprint.add_app_template_global(wording.describe_terms, "describe_terms")
blueprint.add_app_template_global(wording.describe_suitability, "describe_suitability")
blueprint.add_app_template_global(wording.counted_points, "counted_points")
blueprint.add_app_template_global(wording.points, "points")
blueprint.add_app_template_global(wording.describe_obstacle, "describe_obstacle")
blueprint.add_app_template_global(wording.state_words, "proposal_states")
