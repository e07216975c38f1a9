"""The Flask application of a worker's or scheduler's process."""

from __future__ import annotations

import os
from functools import cache

from flask import Flask

from app import create_app
from config import read_settings

settings = read_settings(os.environ)


@cache
def flask_app() -> Flask:
    """Made once for each process."""
    return create_app(settings)
