"""Encryption keys are replaced without losing an account number or its look-up."""

from __future__ import annotations

import base64

import pytest
from pydantic import SecretStr

from recaller.infra.crypto import UndecryptableSecret, decrypt
from recaller.infra.work import work
from recaller.services.accounts import AccountDraft, create_account, find_by_number, get_account
from recaller.services.households import rotate_keys
from recaller.services.imports import read_content, start_import
from recaller.services.notifications import add_channel
from recaller.settings import Settings, override_settings
from tests.support.households import Household

NUMBER = "DE89 3704 0044 0532 0130 00"
CSV = b"Date,Payee,Amount\n2026-01-02,Baker,-3.50\n2026-01-03,Baker,-4.50\n"


def key(letter: str) -> SecretStr:
    return SecretStr(base64.urlsafe_b64encode(letter.encode() * 32).decode())


def test_rotation(household: Household, database: Settings) -> None:
    mail = {"smtp_host": "127.0.0.1", "smtp_from": "r@example.org"}
    old = database.model_copy(update=mail | {"encryption_keys": (key("a"),)})
    both = database.model_copy(update={"encryption_keys": (key("b"), key("a"))})
    new = database.model_copy(update={"encryption_keys": (key("b"),)})
    with override_settings(old), work(household.scope) as w:
        account = create_account(w, AccountDraft("Giro", "checking", "EUR", number=NUMBER)).id
        batch = start_import(w, "bank.csv", CSV, account_id=account).id
        channel = add_channel(w, "other@example.org").id
    with override_settings(both):
        with work(household.scope) as w:
            assert find_by_number(w, NUMBER) == account
        assert rotate_keys() == 3
    with override_settings(new), work(household.scope) as w:
        assert find_by_number(w, "DE89-3704-0044-0532-0130-00") == account
        assert get_account(w, account).number_masked == "•••• 3000"
        assert read_content(w, batch) == CSV
        row = w.rows("SELECT address_encrypted FROM notification_channel WHERE id = :id", id=channel)[0]
        assert decrypt(bytes(row.address_encrypted)) == b"other@example.org"
    with override_settings(old), pytest.raises(UndecryptableSecret), work(household.scope) as w:
        get_account(w, account)
