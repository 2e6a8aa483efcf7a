"""Who a page shows as signed in, and what ends it."""

from __future__ import annotations

from collections.abc import Callable

from recaller.infra.work import work
from recaller.services import identity
from recaller.state.session import SessionState, initials_of
from tests.state.conftest import Tab, fire
from tests.support.people import CLIENT, cookie, invite, who

NewTab = Callable[..., tuple[Tab, identity.SignedIn]]


async def test_the_page_shows_the_person_and_the_household(tab: Tab) -> None:
    page = tab.open(SessionState)
    await fire(SessionState.load.fn, page)
    assert (page.name, page.email, page.initials) == ("Ann", "ann@example.org", "A")
    assert (page.household, page.currency, page.is_admin, page.ready) == ("Home", "USD", True, True)
    assert [one.current for one in page.households] == [True]


async def test_nobody_is_sent_to_sign_in_and_back(nobody: Tab) -> None:
    page = nobody.open(SessionState, "/accounts")
    said = await fire(SessionState.load.fn, page)
    assert "/sign-in?next=" in said
    assert page.name == "" and not page.ready


async def test_an_ended_session_is_over_at_the_next_event(new_tab: NewTab) -> None:
    tab, signed = new_tab()
    page = tab.open(SessionState)
    await fire(SessionState.load.fn, page)
    identity.sign_out(who(signed))
    assert "/sign-in" in await fire(SessionState.load.fn, page)


async def test_a_page_of_another_site_is_refused(new_tab: NewTab) -> None:
    tab, _ = new_tab()
    page = Tab(tab.cookie, origin="https://elsewhere.example").open(SessionState)
    said = await fire(SessionState.load.fn, page)
    assert "refused" in said and page.name == ""


async def test_switching_the_household(new_tab: NewTab) -> None:
    tab, signed = new_tab()
    cabin = identity.create_household(who(signed), identity.NewHousehold("Cabin", "EUR"))
    home = next(one.tenant_id for one in who(signed).memberships if one.tenant_id != cabin)
    page = tab.open(SessionState)
    assert "location.assign" in await fire(SessionState.switch_household.fn, page, str(home))
    await fire(SessionState.load.fn, page)
    assert page.household == "Home"


async def test_a_foreign_household_is_no_choice(new_tab: NewTab) -> None:
    tab, signed = new_tab()
    other = new_tab("bob@example.org")[1]
    page = tab.open(SessionState)
    said = await fire(SessionState.switch_household.fn, page, str(other.tenant_id))
    assert "don't belong" in said
    assert who(signed).tenant_id != other.tenant_id
    assert "location" not in await fire(SessionState.switch_household.fn, page, "not an id")


async def test_the_theme_stays_with_the_user(new_tab: NewTab) -> None:
    tab, signed = new_tab()
    page = tab.open(SessionState)
    await fire(SessionState.set_theme.fn, page, "dark")
    assert who(signed).preferences.theme == "dark"
    assert "dark" in await fire(SessionState.load.fn, tab.open(SessionState))
    await fire(SessionState.set_theme.fn, page, "pink")
    assert who(signed).preferences.theme == "dark"


async def test_somebody_without_a_household_is_led_to_make_one(new_tab: NewTab) -> None:
    _, host = new_tab()
    guest = identity.sign_up_invited(
        invite(host, "eve@example.org"),
        identity.NewUser("eve@example.org", "a fine long phrase", "Eve"),
        CLIENT,
    )
    with work(who(host).scope()) as w:
        identity.remove_member(w, guest.user_id)
    page = Tab(cookie(guest)).open(SessionState)
    assert "/settings#households" in await fire(SessionState.load.fn, page)
    assert page.household == ""


def test_initials() -> None:
    assert [initials_of(name) for name in ("Ann", "Ann Marie O'Brien", "", "ł")] == ["A", "AO", "", "Ł"]
