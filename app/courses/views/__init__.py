"""Pages of the courses room: the public catalogue, and what trainers do."""

from __future__ import annotations

from flask import Blueprint

from app.courses import wording

blueprint = Blueprint("courses", __name__)
blueprint.add_app_template_global(wording.to_staff, "told_in_words")
blueprint.add_app_template_global(wording.about, "news_about")
blueprint.add_app_template_global(wording.trainer_reads, "trainer_reads_in_words")
blueprint.add_app_template_global(wording.will_be_told, "will_be_told")

from app.courses.views import attendance, catalogue, people, training  # noqa: E402

__all__ = ["attendance", "blueprint", "catalogue", "people", "training"]
