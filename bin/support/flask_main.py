"""The application's command line, which works in any folder.

`flask --app` would import a module called `app` from the current folder, but files named on the
command line must be found there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

SUPPORT = Path(__file__).resolve().parent


def main() -> None:
    sys.path[0] = str(SUPPORT.parent.parent)  # instead of this folder
    os.environ.setdefault("FLASK_SKIP_DOTENV", "1")
    from flask.cli import FlaskGroup

    from app import create_app

    FlaskGroup(create_app=create_app, load_dotenv=False, set_debug_flag=False).main(
        prog_name="bin/flask"
    )


if __name__ == "__main__":
    main()
