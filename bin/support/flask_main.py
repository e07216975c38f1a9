"""Run the application's command line from any folder.

`flask --app` would import a module called `app` from the current folder. The current folder cannot
be changed, because file names in the arguments are relative to it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

SUPPORT = Path(__file__).resolve().parent


def main() -> None:
    """Run the command line."""
    sys.path[0] = str(SUPPORT.parent.parent)  # instead of this folder
    os.environ.setdefault("FLASK_SKIP_DOTENV", "1")
    from flask.cli import FlaskGroup

    from app import create_app

    FlaskGroup(create_app=create_app, load_dotenv=False, set_debug_flag=False).main(
        prog_name="bin/flask"
    )


if __name__ == "__main__":
    main()
