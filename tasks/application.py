"""The Flask application of a worker or scheduler process."""

from __future__ import annotations

import os
import sys
from functools import cache

from flask import Flask

from app import create_app
from config import Settings, SettingsError, read_settings


def _settings() -> Settings:
    try:
        return read_settings(os.environ)
    except SettingsError as error:
        sys.exit(f"champion-network cannot start: {error}")


settings = _settings()


@cache
def flask_app() -> Flask:
    """Return the application. It is created once in each process."""
    return create_app(settings)
