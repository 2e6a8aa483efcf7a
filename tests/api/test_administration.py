"""A super administrator over HTTP: nothing of others without opening it, and on record when opened."""

from __future__ import annotations

from recaller.settings import Settings
from tests.support.api import signed_up_browser


def test_cross_tenant_access_is_opened_explicitly(database: Settings) -> None:
    root, bob = signed_up_browser("root@example.org"), signed_up_browser("bob@example.org")
    bob.patch("/household", json={"name": "Nest"})
    foreign = bob.get("/me").json()["tenant_id"]
    header = {"X-Tenant-ID": foreign}
    assert root.get("/household", headers=header).status_code == 403
    assert {home["name"] for home in root.get("/administration/households").json()} == {"Home", "Nest"}
    assert bob.get("/administration/households").status_code == 403
    request = {"tenant_id": foreign, "reason": "Asked by Bob to look into it"}
    assert bob.post("/administration/access", json=request).status_code == 403
    assert root.post("/administration/access", json={**request, "reason": ""}).status_code == 422
    assert root.post("/administration/access", json=request).status_code == 201
    assert root.get("/household", headers=header).json()["name"] == "Nest"
    assert root.get("/household").json()["name"] == "Home"
    assert root.delete("/administration/access").status_code == 204
    assert root.get("/household", headers=header).status_code == 403
