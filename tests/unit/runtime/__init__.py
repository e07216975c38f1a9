"""The scripts behind bin/run, bin/test, bin/flask and bin/bench."""

import tests.support_scripts  # noqa: F401 - makes them importable
