"""Notifications over HTTP: one's own only, read, channels with secrets that never come back, preferences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from starlette.testclient import TestClient

from recaller.infra.work import work
from recaller.services.notifications import Notice, notify
from recaller.settings import Settings, use_settings
from tests.support.api import client_for
from tests.support.households import Household

SECRET = "ntfys://user:hunter2@ntfy.example.org/secret-topic"


@pytest.fixture
def client(household: Household, database: Settings) -> TestClient:
    mail = {
        "smtp_host": "127.0.0.1",
        "smtp_port": 1,
        "smtp_from": "r@example.org",
        "notify_schemes": ("ntfys",),
    }
    use_settings(database.model_copy(update=mail))
    return client_for(household)


def tell(household: Household, count: int = 1) -> None:
    with work(household.scope) as w:
        for number in range(count):
            notify(w, Notice("bill.reminder", f"{number}", date(2026, 11, 24), f"Bill {number}", "", "/recurring",
                             w.scope.shared_space_id))  # fmt: skip


def test_reading(client: TestClient, household: Household) -> None:
    tell(household, 3)
    assert client.get("/notifications/unread").json() == {"unread": 3}
    page = client.get("/notifications", params={"limit": 2}).json()
    assert len(page["items"]) == 2
    rest = client.get("/notifications", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert len(rest["items"]) == 1
    assert rest["next_cursor"] is None
    first = page["items"][0]
    assert first["deliveries"][0]["state"] == "queued"
    assert client.post(f"/notifications/{first['id']}/read").json()["read_at"] is not None
    assert len(client.get("/notifications", params={"unread": True}).json()["items"]) == 2
    assert client.post("/notifications/read-all").json() == {"marked": 2}
    assert client.get("/notifications/unread").json() == {"unread": 0}
    assert (
        client.post(f"/notification-deliveries/{first['deliveries'][0]['id']}/send-again").status_code == 409
    )


def test_a_services_address_never_comes_back(client: TestClient) -> None:
    made = client.post("/notification-channels", json={"address": SECRET, "label": "Phone"})
    assert made.status_code == 201
    everything = made.text + client.get("/notification-channels").text
    for secret in ("hunter2", "secret-topic", "ntfy.example.org"):
        assert secret not in everything
    path = f"/notification-channels/{made.json()['id']}"
    assert client.patch(path, json={"enabled": False}).json()["enabled"] is False
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404
    assert client.get("/notification-channels/offer").json() == {"mail": True, "schemes": ["ntfys"]}


def test_a_test_that_fails_is_an_answer(client: TestClient) -> None:
    (own,) = client.get("/notification-channels").json()
    trial = client.post(f"/notification-channels/{own['id']}/test")
    assert trial.status_code == 200
    assert trial.json()["sent"] is False
    assert "mail server" in trial.json()["message"]
    refused = client.delete(f"/notification-channels/{own['id']}")
    assert refused.status_code == 409


def test_preferences_and_schedule(client: TestClient) -> None:
    (own,) = client.get("/notification-channels").json()
    path = "/notification-preferences/bill.reminder"
    changed = client.patch(path, json={"channels": {own["id"]: False}, "lead_days": [7, 1]}).json()
    assert (changed["channels"], changed["lead_days"]) == ({own["id"]: False}, [7, 1])
    kinds = {one["kind"]: one for one in client.get("/notification-preferences").json()}
    assert kinds["bill.reminder"] == changed
    assert client.patch("/notification-preferences/made.up", json={}).status_code == 404
    assert client.patch(path, json={"lead_days": [99]}).status_code == 422
    wanted = {"quiet_from": 1320, "quiet_to": 420, "digest_minute": None}
    assert client.put("/notification-schedule", json=wanted).json() == wanted
    assert client.get("/notification-schedule").json() == wanted
    refused = client.put("/notification-schedule", json={"quiet_from": 1})
    assert refused.json()["errors"][0]["field"] == "quiet_to"


def test_another_household_finds_nothing(
    client: TestClient, household: Household, new_household: Callable[..., Household]
) -> None:
    tell(household)
    (told,) = client.get("/notifications").json()["items"]
    (channel,) = client.get("/notification-channels").json()
    stranger = client_for(new_household("Birch"))
    assert stranger.get("/notifications").json()["items"] == []
    assert stranger.post(f"/notifications/{told['id']}/read").status_code == 404
    delivery = told["deliveries"][0]["id"]
    assert stranger.post(f"/notification-deliveries/{delivery}/send-again").status_code == 404
    for method, suffix in (("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
        answer = stranger.request(method, f"/notification-channels/{channel['id']}{suffix}", json={})
        assert answer.status_code == 404
    assert client.get("/notifications/unread").json() == {"unread": 1}
