"""The blueprint for matching, and the functions that its templates use."""

from __future__ import annotations

from flask import Blueprint

from app.matching import wording

blueprint = Blueprint("matching", __name__)
# These are globals because macros cannot use context processors.
blueprint.add_app_template_global(wording.describe_terms, "describe_terms")
blueprint.add_app_template_global(wording.describe_suitability, "describe_suitability")
blueprint.add_app_template_global(wording.format_points_with_unit, "format_points_with_unit")
blueprint.add_app_template_global(wording.format_points, "format_points")
blueprint.add_app_template_global(wording.describe_obstacle, "describe_obstacle")
blueprint.add_app_template_global(wording.state_labels, "proposal_state_labels")
