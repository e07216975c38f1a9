"""Create the virtual environment with the locked dependencies. Standard library only.

Creating it can be interrupted at any time. The stamp is written last, and an environment without a
valid stamp is rebuilt. If two commands of one clone start at the same time, one waits for the
other.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

from filelock import held_descriptors, is_locked, wait_for_lock
from launch import end_with_parent
from paths import CACHE, ROOT, RUNS, VENV, VENV_PYTHON, clean_environ, in_venv
from say import Stop, say

RUNTIME_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"
STAMP = VENV / "champion-stamp.json"
SETUP_LOCK = CACHE / "setup.lock"
WAITING = "Another set-up of this clone is in progress. Waiting for it to finish."
NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|ConnectionReset"
    r"|Temporary failure in name resolution|Network is unreachable|ENOTFOUND|EAI_AGAIN"
    r"|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Connection refused"
)


def digest(*paths: Path) -> str:
    """Return one hash of the contents of these files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()[:32]


def enter(*, tests: bool) -> None:
    """Create the environment if necessary, and restart this process inside it. May not return."""
    if not is_ready(tests=tests):
        with environment_lock():
            if not is_ready(tests=tests):
                build_environment(tests=tests)
    if not in_venv():
        sys.stdout.flush()
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])  # noqa: S606 - our own interpreter


def environment_lock() -> AbstractContextManager[None]:
    """Return a lock for changing this clone's environment."""
    try:
        CACHE.mkdir(exist_ok=True)
    except OSError as problem:
        raise Stop(f"Nothing can be set up in {ROOT}: {problem.strerror}.") from problem
    return wait_for_lock(SETUP_LOCK, WAITING)


def read_stamp() -> dict[str, str | None]:
    """Return the stamp of the environment, or an empty dict if the environment is not finished."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_ready(*, tests: bool) -> bool:
    """Return whether the environment matches the lock files and has a working Python."""
    stamp = read_stamp()
    if stamp.get("runtime") != digest(RUNTIME_LOCK):
        return False
    if tests and stamp.get("tests") != digest(TEST_LOCK):
        return False
    return in_venv() or stamp.get("python") == working_python_version()


def working_python_version() -> str | None:
    """Return the version of the environment's Python, such as "3.12", or None if it fails."""
    script = "import sys, encodings; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([VENV_PYTHON, "-c", script], capture_output=True, text=True)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def build_environment(*, tests: bool) -> None:
    """Build the environment, or update it to match the lock file."""
    stamp = read_stamp()
    if not is_ready(tests=False):
        check_not_running()
        STAMP.unlink(missing_ok=True)
    if stamp and stamp.get("python") == working_python_version():
        tests = tests or bool(stamp.get("tests"))
        say("Updating the virtual environment.")
    else:
        create_environment()
    lock = TEST_LOCK if tests else RUNTIME_LOCK
    install(lock)
    remove_unlocked_packages(lock)
    write_stamp(tests=tests)


def write_stamp(*, tests: bool) -> None:
    """Record that the environment matches the lock files."""
    stamp = {
        "python": working_python_version(),
        "runtime": digest(RUNTIME_LOCK),
        "tests": digest(TEST_LOCK) if tests else None,
    }
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(json.dumps(stamp))
    unfinished.replace(STAMP)


def remove_unlocked_packages(lock: Path) -> None:
    """Remove packages that are not in the lock file. They could hide a missing dependency."""
    pip = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check"]
    installed = subprocess.run(
        [*pip, "list", "--format", "json"], capture_output=True, text=True, check=True
    )
    locked = set(re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(), re.MULTILINE))
    keep = {normalise_name(name) for name in locked | {"pip", "setuptools"}}
    names = [package["name"] for package in json.loads(installed.stdout)]
    if unlocked := [name for name in names if normalise_name(name) not in keep]:
        command = [*pip, "uninstall", "--yes", *unlocked]
        run_quietly(command, "pip-uninstall.log", what="remove old packages")


def normalise_name(name: str) -> str:
    """Return the normalised name of a package (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def check_not_running() -> None:
    """Raise Stop if a bin/run of this clone is running and uses the packages."""
    for entry in RUNS.glob("*.json"):
        data = Path(json.loads(entry.read_text())["data"])
        if is_locked(data / "run.lock"):
            raise Stop(
                f"The dependencies have changed since bin/run was started on {data}. Stop it first."
            )


def create_environment() -> None:
    """Create an empty virtual environment. Raises Stop if this fails."""
    if os.pathsep in str(ROOT):
        raise Stop(
            f"The name of this folder contains “{os.pathsep}”, which Python's virtual "
            f"environments do not allow. Rename {ROOT}."
        )
    say(f"Creating a virtual environment with Python {platform.python_version()}.")
    try:
        if VENV.exists():
            shutil.rmtree(VENV)
    except OSError as problem:
        raise Stop(f"The old {VENV} cannot be removed: {problem.strerror}.") from problem
    # If this process runs in the old environment, its sys.executable has just been removed.
    python = getattr(sys, "_base_executable", None) or sys.executable
    run_quietly([python, "-m", "venv", str(VENV)], "venv.log", what="create a virtual environment")


def install(lock: Path) -> None:
    """Install all packages in the lock file from wheels, and check their hashes."""
    package_count = len(re.findall(r"^[A-Za-z0-9].*==", lock.read_text(), re.MULTILINE))
    say(f"Installing the {package_count} locked Python packages (a minute or two).")
    command = [str(VENV_PYTHON), "-m", "pip", "install", "--no-input"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "--no-deps"]
    command += ["--require-hashes", "--requirement", str(lock)]
    run_quietly(
        command, "pip.log", what="install the Python packages", counted_prefix="Collecting "
    )


def run_quietly(
    command: list[str],
    log_name: str,
    *,
    what: str,
    counted_prefix: str | None = None,
    cwd: Path | None = None,
    environ: dict[str, str] | None = None,
) -> None:
    """Run an installer and write its output to .cache/<log_name>. Raises Stop if it fails.

    If `counted_prefix` is set, print the number of lines that begin with it every ten seconds.
    """
    log = CACHE / log_name
    own_pid = os.getpid()
    count, reported, reported_at = 0, 0, time.monotonic()
    with (
        log.open("w", errors="replace") as file,
        subprocess.Popen(
            command,
            cwd=cwd,
            env=clean_environ() if environ is None else environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # If the installer outlives this process, it keeps the lock until it ends.
            pass_fds=tuple(held_descriptors),
            preexec_fn=lambda: end_with_parent(own_pid, signal.SIGTERM),
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                file.write(line)
                count += bool(counted_prefix and line.startswith(counted_prefix))
                if count > reported and time.monotonic() - reported_at > 10:
                    say(f"  {count} so far.")
                    reported, reported_at = count, time.monotonic()
        except BaseException:
            process.terminate()
            raise
    code = process.returncode
    if code:
        raise Stop(failure_reason(what, log))


def failure_reason(what: str, log: Path) -> str:
    """Return a sentence that explains why an installer failed, from its output."""
    text = log.read_text(errors="replace")
    if "No space left on device" in text:
        return f"The disk is full: there is no room to {what}."
    if NO_NETWORK.search(text):
        return (
            f"The package registry did not respond, so it was not possible to {what}. "
            f"Check the network and start again (details: {log})."
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    error = next((line for line in lines if re.search(r"\berror\b", line, re.IGNORECASE)), None)
    last = error or (lines[-1] if lines else "it printed nothing")
    return f"It was not possible to {what}: {last[:300]} (details: {log})."
