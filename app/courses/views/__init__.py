"""Pages of the courses room: the public catalogue, and what trainers do."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("courses", __name__)

from app.courses.views import attendance, catalogue, people, training  # noqa: E402

__all__ = ["attendance", "blueprint", "catalogue", "people", "training"]
