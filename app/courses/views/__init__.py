"""Pages about courses for the public, trainers and coordinators."""

from __future__ import annotations

from flask import Blueprint

from app.courses import wording

blueprint = Blueprint("courses", __name__)
blueprint.add_app_template_global(wording.describe_letter_status, "describe_letter_status")
blueprint.add_app_template_global(wording.letter_topic, "letter_topic")
blueprint.add_app_template_global(wording.describe_trainer_access, "describe_trainer_access")

from app.courses.views import catalogue, people, training  # noqa: E402 - they need the blueprint

__all__ = ["blueprint", "catalogue", "people", "training"]
