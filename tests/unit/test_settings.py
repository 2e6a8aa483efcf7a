"""Settings: what is refused, what is derived, and that `.env.example` names every variable."""

from __future__ import annotations

import base64
import re

import pytest
from pydantic import ValidationError

from recaller.settings import (
    CHECKOUT,
    Settings,
    SettingsError,
    get_settings,
    libpq_url,
    override_settings,
    with_credentials,
)

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
SECRET = "kR9v-2mQz_7xWc4tLp8sNb1dHf6gJy3aEo5u"
DATABASE = "postgresql://owner:p%40ss@db.internal:5433/recaller?sslmode=require"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def production(**values: object) -> Settings:
    given = {"database_url": DATABASE, "secret_key": SECRET, "encryption_keys": KEY, **values}
    return Settings(_env_file=None, environment="production", **given)


def test_every_variable_stands_in_the_example_with_its_default() -> None:
    text = (CHECKOUT / ".env.example").read_text()
    named = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, flags=re.MULTILINE))
    assert set(named) == {str(field.validation_alias) for field in Settings.model_fields.values()}
    for field in Settings.model_fields.values():
        default = field.get_default(call_default_factory=False)
        shown = named[str(field.validation_alias)]
        if default not in (None, ()) and field.default_factory is None:
            assert shown == str(default), field.validation_alias
        else:
            assert shown == "", field.validation_alias


def test_example_file_is_accepted_as_it_is() -> None:
    settings = Settings(_env_file=CHECKOUT / ".env.example")
    assert settings.port == 3000
    assert settings.is_embedded_database
    assert settings.is_embedded_redis


def test_production_is_the_default() -> None:
    assert Settings(_env_file=None).environment == "production"


@pytest.mark.parametrize(
    "secret",
    [
        None,
        "",
        "short",
        "changeme-changeme-changeme-changeme-changeme",
        "a" * 64,
        "this-is-an-example-of-a-key-3948572039485",
    ],
)
def test_production_refuses_missing_and_placeholder_secrets(secret: str | None) -> None:
    with pytest.raises(ValidationError, match="RECALLER_SECRET_KEY"):
        production(secret_key=secret)


def test_production_refuses_missing_and_malformed_encryption_keys() -> None:
    with pytest.raises(ValidationError, match="RECALLER_ENCRYPTION_KEYS"):
        production(encryption_keys="")
    with pytest.raises(ValidationError, match="32 bytes"):
        production(encryption_keys=base64.urlsafe_b64encode(b"too short").decode())


def test_a_refusal_does_not_show_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://owner:hunter2@db/recaller")
    with pytest.raises(ValidationError) as refused:
        Settings(_env_file=None)
    assert "hunter2" not in str(refused.value)


def test_representation_shows_no_secret() -> None:
    shown = repr(production(redis_url="redis://:hunter2@redis:6379/0"))
    assert SECRET not in shown
    assert KEY not in shown
    assert "hunter2" not in shown
    assert "p%40ss" not in shown


def test_embedded_production_waits_for_its_own_secrets() -> None:
    settings = Settings(_env_file=None)
    with pytest.raises(SettingsError):
        _ = settings.signing_key
    with pytest.raises(SettingsError):
        _ = settings.encryption_key_bytes
    with pytest.raises(SettingsError):
        _ = settings.owner_url
    with pytest.raises(SettingsError):
        _ = settings.required_redis_url


def test_application_role_url_keeps_everything_but_the_credentials() -> None:
    settings = production()
    assert settings.owner_url == "postgresql+psycopg://owner:p%40ss@db.internal:5433/recaller?sslmode=require"
    assert settings.app_url == (
        f"postgresql+psycopg://recaller_app:{settings.app_role_password}@db.internal:5433/recaller?sslmode=require"
    )
    other = production(secret_key=SECRET[::-1])
    assert other.app_role_password != settings.app_role_password
    named = production(database_app_url="postgresql://mine:x@db.internal/recaller")
    assert named.app_url == "postgresql+psycopg://mine:x@db.internal/recaller"


def test_socket_urls_survive() -> None:
    url = "postgresql+psycopg://owner:secret@/recaller?host=%2Frun%2Fx"
    assert with_credentials(url, "a b", "c/d") == "postgresql+psycopg://a%20b:c%2Fd@/recaller?host=%2Frun%2Fx"
    assert libpq_url(url) == "postgresql://owner:secret@/recaller?host=%2Frun%2Fx"


@pytest.mark.parametrize("url", ["mysql://db/x", "recaller.db", "postgresql:/db"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="postgresql://"):
        Settings(_env_file=None, environment="test", database_url=url)


def test_limits_library_gets_its_own_scheme_for_sockets() -> None:
    assert (
        production(redis_url="unix://:x@/run/v.sock?db=0").limits_storage_url
        == "redis+unix://:x@/run/v.sock?db=0"
    )
    assert production(redis_url="redis://h/0").limits_storage_url == "redis://h/0"


def test_origins_are_never_a_wildcard() -> None:
    assert Settings(_env_file=None, port=4000).allowed_origins == (
        "http://localhost:4000",
        "http://127.0.0.1:4000",
        "http://[::1]:4000",
    )
    public = Settings(
        _env_file=None,
        public_url="https://money.example.org/",
        extra_allowed_origins="https://a.example, https://b.example",
    )
    assert public.allowed_origins == ("https://money.example.org", "https://a.example", "https://b.example")
    with pytest.raises(ValidationError):
        Settings(_env_file=None, extra_allowed_origins="*")


def test_cookies_are_secure_behind_https_unless_told_otherwise() -> None:
    assert not Settings(_env_file=None).cookie_secure
    assert Settings(_env_file=None, public_url="https://money.example.org").cookie_secure
    assert Settings(_env_file=None, cookie_secure_override=True).cookie_secure


def test_another_process_gets_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = production(
        encryption_keys=f"{KEY},{KEY}", redis_url="redis://h/0", cookie_secure_override=False, port=3456
    )
    for name, value in settings.child_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings(_env_file=None) == settings


def test_override_lasts_for_the_block_only() -> None:
    mine = Settings(_env_file=None, port=4321)
    before = get_settings()
    with override_settings(mine):
        assert get_settings() is mine
    assert get_settings() is before
