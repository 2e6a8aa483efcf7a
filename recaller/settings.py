"""The only reader of the environment: every option of Recaller, its default and its check."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parent.parent

MINIMUM_SECRET_LENGTH = 32
_PLACEHOLDERS = ("change", "placeholder", "secret", "example", "insecure", "password", "your-")
# Lets development and tests run without any set-up; production refuses it because of its words.
_INSECURE_KEY = "insecure-development-key-never-used-in-production"
_INSECURE_ENCRYPTION_KEY = base64.urlsafe_b64encode(hashlib.sha256(_INSECURE_KEY.encode()).digest()).decode()

SQLALCHEMY_SCHEME = "postgresql+psycopg"


class SettingsError(Exception):
    """The settings can't be used as they are; the message says which variable and what to do."""


class Environment(StrEnum):
    """Where this process runs; production checks its secrets."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


def sqlalchemy_url(url: str) -> str:
    """Give any PostgreSQL URL the scheme that picks the psycopg 3 driver."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgresql", "postgres"):
        raise ValueError("must start with postgresql://")
    return f"{SQLALCHEMY_SCHEME}://{rest}"


def libpq_url(url: str) -> str:
    """Give any PostgreSQL URL the plain scheme that libpq and `psycopg.connect` read."""
    return "postgresql://" + sqlalchemy_url(url).partition("://")[2]


def with_credentials(url: str, user: str, password: str) -> str:
    """Return `url` with another user and password, all else (host, database, query) kept."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"
    # urlunsplit drops the empty authority of a socket URL, so put it together by hand.
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{netloc}{parts.path}{query}"


class Settings(BaseSettings):
    """All options; each field's alias is the environment variable that sets it."""

    model_config = SettingsConfigDict(
        env_file=CHECKOUT / ".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
        frozen=True,
        populate_by_name=True,
        validate_default=True,
    )

    environment: Environment = Field(Environment.PRODUCTION, validation_alias="RECALLER_ENV")
    host: str = Field("127.0.0.1", validation_alias="RECALLER_HOST")
    port: int = Field(3000, ge=1, le=65535, validation_alias="PORT")
    data_dir: Path = Field(
        default_factory=lambda: user_data_path("recaller", appauthor=False),
        validation_alias="RECALLER_DATA_DIR",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", validation_alias="RECALLER_LOG_LEVEL"
    )
    web_workers: int = Field(2, ge=1, le=64, validation_alias="RECALLER_WEB_WORKERS")

    workers_min: int = Field(1, ge=1, le=64, validation_alias="RECALLER_WORKERS_MIN")
    workers_max: int = Field(4, ge=1, le=64, validation_alias="RECALLER_WORKERS_MAX")

    database_url: str | None = Field(None, validation_alias="DATABASE_URL", repr=False)
    database_app_url: str | None = Field(None, validation_alias="DATABASE_APP_URL", repr=False)
    database_replica_url: str | None = Field(None, validation_alias="DATABASE_REPLICA_URL", repr=False)
    app_role: str = Field(
        "recaller_app", pattern=r"^[a-z_][a-z0-9_]{0,62}$", validation_alias="RECALLER_APP_ROLE"
    )
    database_pool_size: int = Field(10, ge=1, le=200, validation_alias="RECALLER_DATABASE_POOL_SIZE")
    database_pool_overflow: int = Field(10, ge=0, le=200, validation_alias="RECALLER_DATABASE_POOL_OVERFLOW")
    statement_timeout_seconds: int = Field(
        30, ge=1, le=3600, validation_alias="RECALLER_STATEMENT_TIMEOUT_SECONDS"
    )
    redis_url: str | None = Field(None, validation_alias="REDIS_URL", repr=False)

    secret_key: SecretStr | None = Field(None, validation_alias="RECALLER_SECRET_KEY")
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), validation_alias="RECALLER_ENCRYPTION_KEYS"
    )

    sign_up: Literal["open", "invite"] = Field("invite", validation_alias="RECALLER_SIGN_UP")
    public_url: str | None = Field(None, validation_alias="RECALLER_PUBLIC_URL")
    extra_allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), validation_alias="RECALLER_ALLOWED_ORIGINS"
    )
    cookie_secure_override: bool | None = Field(None, validation_alias="RECALLER_COOKIE_SECURE")
    trusted_proxy_hops: int = Field(0, ge=0, le=10, validation_alias="RECALLER_TRUSTED_PROXY_HOPS")
    access_token_seconds: int = Field(900, ge=60, le=86_400, validation_alias="RECALLER_ACCESS_TOKEN_SECONDS")
    refresh_token_seconds: int = Field(
        2_592_000, ge=3600, le=31_536_000, validation_alias="RECALLER_REFRESH_TOKEN_SECONDS"
    )
    api_requests_per_minute: int = Field(
        600, ge=10, le=1_000_000, validation_alias="RECALLER_API_REQUESTS_PER_MINUTE"
    )

    import_max_bytes: int = Field(25_000_000, ge=1024, validation_alias="RECALLER_IMPORT_MAX_BYTES")
    ecb_rates_url: str = Field(
        "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist-90d.xml",
        pattern=r"^https?://[^\s@]+$",
        validation_alias="RECALLER_ECB_RATES_URL",
    )
    import_max_rows: int = Field(200_000, ge=1, validation_alias="RECALLER_IMPORT_MAX_ROWS")
    import_max_open: int = Field(50, ge=1, le=1000, validation_alias="RECALLER_IMPORT_MAX_OPEN")
    import_open_days: int = Field(30, ge=1, le=3650, validation_alias="RECALLER_IMPORT_OPEN_DAYS")

    smtp_host: str | None = Field(None, validation_alias="RECALLER_SMTP_HOST")
    smtp_port: int = Field(587, ge=1, le=65535, validation_alias="RECALLER_SMTP_PORT")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", validation_alias="RECALLER_SMTP_SECURITY"
    )
    smtp_user: str | None = Field(None, validation_alias="RECALLER_SMTP_USER")
    smtp_password: SecretStr | None = Field(None, validation_alias="RECALLER_SMTP_PASSWORD")
    smtp_from: str | None = Field(None, max_length=320, validation_alias="RECALLER_SMTP_FROM")
    notify_schemes: Annotated[tuple[str, ...], NoDecode] = Field(
        (), validation_alias="RECALLER_NOTIFY_SCHEMES"
    )
    notify_private_addresses: bool = Field(False, validation_alias="RECALLER_NOTIFY_PRIVATE_ADDRESSES")

    @field_validator("encryption_keys", "extra_allowed_origins", "notify_schemes", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("smtp_from")
    @classmethod
    def _is_sender(cls, value: str | None) -> str | None:
        if value is not None and ("@" not in value or not value.isprintable()):
            raise ValueError(f"{value!r} must look like Recaller <recaller@example.org>")
        return value

    @field_validator("notify_schemes")
    @classmethod
    def _lower_schemes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(scheme.lower().removesuffix("://") for scheme in value)

    @field_validator("database_url", "database_app_url", "database_replica_url")
    @classmethod
    def _database_scheme(cls, value: str | None) -> str | None:
        return None if value is None else sqlalchemy_url(value)

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in ("redis", "rediss", "unix"):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("public_url", "extra_allowed_origins")
    @classmethod
    def _is_origin(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        for url in (value,) if isinstance(value, str) else value or ():
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
                raise ValueError(f"{url!r} must look like https://recaller.example.org")
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _encryption_key_size(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in value:
            decode_encryption_key(key.get_secret_value())
        return value

    @model_validator(mode="after")
    def _order_bounds(self) -> Settings:
        if self.workers_min > self.workers_max:
            raise ValueError("RECALLER_WORKERS_MIN must not be more than RECALLER_WORKERS_MAX")
        return self

    @model_validator(mode="after")
    def _refuse_weak_secrets(self) -> Settings:
        """Refuse to run in production with someone else's database and no secrets of one's own."""
        if self.environment is not Environment.PRODUCTION:
            return self
        if self.secret_key is not None:
            _check_secret(self.secret_key.get_secret_value())
        elif not self.is_embedded_database:
            raise ValueError(
                "RECALLER_SECRET_KEY is missing: set it to at least 32 random characters, "
                "for example the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        if not self.encryption_keys and not self.is_embedded_database:
            raise ValueError(
                "RECALLER_ENCRYPTION_KEYS is missing: set it to 32 random bytes in URL-safe base64, for example "
                "the output of: python3 -c 'import base64, os; "
                "print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
            )
        return self

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Settings:
        if self.smtp_host is not None and self.smtp_from is None:
            raise ValueError("RECALLER_SMTP_FROM is missing: set it to the address that mail comes from")
        if self.smtp_password is not None and self.smtp_security == "none":
            raise ValueError("RECALLER_SMTP_SECURITY=none would send RECALLER_SMTP_PASSWORD in the clear")
        return self

    @property
    def mail_is_set_up(self) -> bool:
        """Whether the operator named a mail server."""
        return self.smtp_host is not None

    @property
    def is_embedded_database(self) -> bool:
        """Whether no PostgreSQL was named, so that Recaller runs its own."""
        return self.database_url is None

    @property
    def is_embedded_redis(self) -> bool:
        """Whether no Redis was named, so that Recaller runs its own."""
        return self.redis_url is None

    @property
    def owner_url(self) -> str:
        """SQLAlchemy URL of the role that owns the tables and migrates them."""
        if self.database_url is None:
            raise SettingsError("DATABASE_URL is not set and the embedded PostgreSQL is not started.")
        return self.database_url

    @property
    def app_url(self) -> str:
        """SQLAlchemy URL of the role that the application works as, bound by row-level security."""
        if self.database_app_url is not None:
            return self.database_app_url
        return with_credentials(self.owner_url, self.app_role, self.app_role_password)

    @property
    def replica_url(self) -> str:
        """SQLAlchemy URL for reads that may be a moment old; the application's own when none is set."""
        return self.database_replica_url or self.app_url

    @property
    def required_redis_url(self) -> str:
        """The Redis URL; raises SettingsError while the embedded server is not started."""
        if self.redis_url is None:
            raise SettingsError("REDIS_URL is not set and the embedded Redis is not started.")
        return self.redis_url

    @property
    def limits_storage_url(self) -> str:
        """The Redis URL as the `limits` library names it (it has its own scheme for sockets)."""
        url = self.required_redis_url
        return f"redis+{url}" if url.startswith("unix://") else url

    @property
    def signing_key(self) -> bytes:
        """Key of every signature made by Recaller; raises SettingsError if production has none."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        if self.environment is Environment.PRODUCTION:
            raise SettingsError("RECALLER_SECRET_KEY is not set and the embedded secrets are not loaded.")
        return _INSECURE_KEY.encode()

    @property
    def encryption_key_bytes(self) -> tuple[bytes, ...]:
        """32-byte keys, newest first: the first encrypts, all decrypt."""
        if self.encryption_keys:
            return tuple(decode_encryption_key(key.get_secret_value()) for key in self.encryption_keys)
        if self.environment is Environment.PRODUCTION:
            raise SettingsError(
                "RECALLER_ENCRYPTION_KEYS is not set and the embedded secrets are not loaded."
            )
        return (decode_encryption_key(_INSECURE_ENCRYPTION_KEY),)

    @property
    def app_role_password(self) -> str:
        """Password that the migration gives the application role when DATABASE_APP_URL is not set."""
        message = f"recaller database role {self.app_role}".encode()
        return hmac.new(self.signing_key, message, hashlib.sha256).hexdigest()

    @cached_property
    def base_url(self) -> str:
        """Where people open Recaller, without a slash at the end."""
        return self.public_url.rstrip("/") if self.public_url else f"http://localhost:{self.port}"

    @cached_property
    def allowed_origins(self) -> tuple[str, ...]:
        """Origins that may open the websocket or send a credentialed request; never a wildcard."""
        own = [self.base_url]
        if self.public_url is None:
            own += [f"http://127.0.0.1:{self.port}", f"http://[::1]:{self.port}"]
        extra = [_origin(url) for url in self.extra_allowed_origins]
        return tuple(dict.fromkeys([*map(_origin, own), *extra]))

    @property
    def cookie_secure(self) -> bool:
        """Whether cookies carry `Secure`: as told, else when the public URL is https."""
        if self.cookie_secure_override is not None:
            return self.cookie_secure_override
        return self.base_url.startswith("https://")

    def child_environment(self) -> dict[str, str]:
        """The variables that give another Recaller process exactly these settings."""
        values: dict[str, str] = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if value is not None and value != ():
                values[str(field.validation_alias)] = _as_text(value)
        return values


def decode_encryption_key(text: str) -> bytes:
    """Return the 32 bytes of a URL-safe base64 key; ValueError if it is anything else."""
    try:
        key = base64.urlsafe_b64decode(text.encode())
    except (binascii.Error, ValueError) as error:
        raise ValueError("an encryption key must be URL-safe base64") from error
    if len(key) != 32:
        raise ValueError(f"an encryption key must hold 32 bytes, not {len(key)}")
    return key


def _check_secret(secret: str) -> None:
    if len(secret) < MINIMUM_SECRET_LENGTH:
        raise ValueError(f"RECALLER_SECRET_KEY must have at least {MINIMUM_SECRET_LENGTH} characters")
    if len(set(secret)) < 10 or any(word in secret.lower() for word in _PLACEHOLDERS):
        raise ValueError("RECALLER_SECRET_KEY looks like a placeholder: use random characters")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "", "", ""))


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return ",".join(_as_text(part) for part in value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


_current: Settings | None = None


def get_settings() -> Settings:
    """Return this process's settings, read from the environment once."""
    global _current  # noqa: PLW0603 - one value per process, replaced only by use_settings and tests
    if _current is None:
        _current = Settings()
    return _current


def use_settings(settings: Settings | None) -> None:
    """Make `settings` the ones of this process (None: read the environment again at the next call)."""
    global _current  # noqa: PLW0603
    _current = settings


@contextmanager
def override_settings(settings: Settings) -> Iterator[Settings]:
    """Use `settings` inside the block, then the former ones again; for tests and one-off commands."""
    former = _current
    use_settings(settings)
    try:
        yield settings
    finally:
        use_settings(former)
