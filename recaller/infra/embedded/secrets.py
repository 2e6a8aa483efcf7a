"""Secrets that embedded mode makes for itself and keeps beside the data, readable by the owner only."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from recaller.infra.embedded.programs import EmbeddedServerError

FILE_NAME = "secrets.env"
_HEADER = (
    "# Made by Recaller at its first start. Without this file the data beside it can't be read: back it up.\n"
)


@dataclass(frozen=True)
class EmbeddedSecrets:
    """Everything that opens an embedded installation."""

    secret_key: str
    encryption_keys: str
    postgres_superuser_password: str
    postgres_owner_password: str
    valkey_password: str


def load_or_make_secrets(data_dir: Path, *, has_data: bool) -> EmbeddedSecrets:
    """Read the secrets of `data_dir`, or make them when it is new; refuses to make them for existing data."""
    path = data_dir / FILE_NAME
    if path.exists():
        return _read(path)
    if has_data:
        raise EmbeddedServerError(
            f"{path} is missing, but there is data beside it that only these secrets open: "
            "put the file back from a backup, or choose another RECALLER_DATA_DIR."
        )
    made = EmbeddedSecrets(
        secret_key=secrets.token_urlsafe(48),
        encryption_keys=base64.urlsafe_b64encode(os.urandom(32)).decode(),
        postgres_superuser_password=secrets.token_urlsafe(32),
        postgres_owner_password=secrets.token_urlsafe(32),
        valkey_password=secrets.token_urlsafe(32),
    )
    _write(path, made)
    return made


def _variable(field_name: str) -> str:
    return f"RECALLER_{field_name.upper()}"


def _read(path: Path) -> EmbeddedSecrets:
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    values: dict[str, str] = {}
    for line in path.read_text().splitlines():
        name, separator, value = line.partition("=")
        if separator and not line.startswith("#"):
            values[name.strip()] = value.strip()
    missing = [_variable(f.name) for f in fields(EmbeddedSecrets) if not values.get(_variable(f.name))]
    if missing:
        raise EmbeddedServerError(f"{path} lacks {', '.join(missing)}: put the file back from a backup.")
    return EmbeddedSecrets(**{f.name: values[_variable(f.name)] for f in fields(EmbeddedSecrets)})


def _write(path: Path, made: EmbeddedSecrets) -> None:
    lines = [f"{_variable(name)}={value}\n" for name, value in asdict(made).items()]
    # mkstemp makes the file with mode 0600; the rename makes it appear whole or not at all.
    handle, temporary = tempfile.mkstemp(prefix=f".{FILE_NAME}-", dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(_HEADER + "".join(lines))
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
