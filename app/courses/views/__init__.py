"""Pages about courses for the public, trainers and coordinators."""

from __future__ import annotations

from flask import Blueprint

from app.courses import wording

blueprint = Blueprint("courses", __name__)
blueprint.add_app_template_global(wording.status_for_staff, "status_for_staff")
blueprint.add_app_template_global(wording.letter_topic, "letter_topic")
blueprint.add_app_template_global(wording.trainer_access_in_words, "trainer_access_in_words")

from app.courses.views import catalogue, people, training  # noqa: E402

__all__ = ["blueprint", "catalogue", "people", "training"]
