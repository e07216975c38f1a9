"""Champion Network: an application that recruits, trains and places a council's champions."""

from __future__ import annotations

import os
import sys

from flask import Flask

from config import Settings, SettingsError, read_settings


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application, made from `settings` or from the environment."""
    from app import wiring  # imported here, so that a part of `app` does not import every room

    try:
        settings = settings or read_settings(os.environ)
    except SettingsError as error:
        sys.exit(f"champion-network cannot start: {error}")
    return wiring.make_app(settings)
