"""bin/test: run all checks, or only pytest with the given arguments."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator

import bootstrap
import frontend
from children import run_child
from launch import end_with_parent
from paths import ROOT, VENV, VENV_PYTHON, clean_environ
from say import main, say

# bin/support is not a package, so mypy checks it separately.
STATIC_CHECKS = (
    ("ruff check", ["ruff", "check", "."]),
    ("ruff format", ["ruff", "format", "--check", "--quiet", "."]),
    ("mypy", ["mypy"]),
    ("mypy bin/support", ["mypy", "--config-file", "bin/support/mypy.ini"]),
    ("import contracts", ["lint-imports"]),
)
SUITES = ["tests/unit", "tests/guards", "tests/integration", "tests/e2e"]


def run_command(arguments: list[str]) -> int:
    """Run bin/test with these arguments. Return the exit code."""
    bootstrap.enter(tests=True)
    frontend.ensure(tests=True)
    import browser
    from specs import Settings
    from temporary import temporary_servers

    browser_environ = browser.environ()
    with temporary_servers(Settings(fast=True, connections=100)) as (data, addresses):
        environ = clean_environ() | browser_environ
        # Tests set the application's environment themselves.
        for name in addresses.environ:
            environ.pop(name, None)
        environ |= {
            "TEST_DATABASE_URL": addresses.environ["DATABASE_URL"],
            "TEST_OWNER_DATABASE_URL": addresses.environ["MIGRATION_DATABASE_URL"],
            "TEST_ADMIN_DATABASE_URL": addresses.admin_url,
            "TEST_REDIS_URL": addresses.environ["REDIS_URL"],
            "TEST_MAIL_URL": addresses.environ["MAIL_URL"],
            "TEST_DATA_DIR": str(data.path),
            "PYTHONUNBUFFERED": "1",
        }
        if arguments:
            failed, pytest_arguments = [], arguments
        else:
            with demonstration_loading(environ):
                failed = static_checks()
            # Three workers on two cores, because browser tests mostly wait. Each worker runs one
            # suite after another, and all tests of a file run on one worker.
            spread = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "--durations=30"]
            pytest_arguments = [*spread, *SUITES]
        if failed:
            say(f"Failed: {', '.join(failed)}. The tests follow.")
        code = run([str(VENV_PYTHON), "-m", "pytest", *pytest_arguments], environ)
    if failed:
        say(f"Failed before the tests: {', '.join(failed)}.")
    return code or bool(failed)


@contextlib.contextmanager
def demonstration_loading(environ: dict[str, str]) -> Iterator[None]:
    """Load the demonstration for the tests in the background while the block runs.

    If that fails, the first test that needs it loads it again and reports the error.
    """
    own_pid = os.getpid()
    with subprocess.Popen(
        [str(VENV_PYTHON), "-m", "tests.demo"],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: end_with_parent(own_pid, signal.SIGTERM),
    ) as loading:
        try:
            yield
        except BaseException:
            loading.terminate()
            raise


def static_checks() -> list[str]:
    """Run all static checks. Return the names of the checks that failed."""
    failed = []
    for name, (tool, *rest) in STATIC_CHECKS:
        say(f"== {name}")
        if run([str(VENV_PYTHON), *module_command(tool), *rest], clean_environ()):
            failed.append(name)
    return failed


def module_command(tool: str) -> list[str]:
    """Return the command that starts a tool as a Python module.

    Scripts in .venv/bin stop working if the clone is moved.
    """
    if tool == "lint-imports":
        return ["-c", "from importlinter.cli import lint_imports_command as run; run()"]
    return ["-m", tool]


def run(command: list[str], environ: dict[str, str]) -> int:
    """Run a command with its output on stdout. Return the exit code."""
    environ["PATH"] = f"{VENV / 'bin'}:{environ.get('PATH', '')}"
    return run_child(command, environ, cwd=ROOT, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    main(run_command)
