"""Address books: made once per request, one default, stones for a week; addresses masked."""

from dataclasses import replace

import pytest

from shop.domain.address import mask_phone
from shop.domain.address_book import KEPT_SECONDS, MOST_ADDRESSES, MOST_ENTRIES, AddressBook, Entry
from shop.errors import ConflictError, NotFoundError, TooManyRequestsError, ValidationError
from tests.unit.domain.baskets import FAR, HOME

NOW = 1_790_000_000


def book(*names: str, default: str | None = None) -> AddressBook:
    """Addresses made one second after the other."""
    made = {name: Entry(HOME, f"print-{name}", NOW + at) for at, name in enumerate(names)}
    return AddressBook(made, default)


def test_the_default_comes_first_and_then_the_newest() -> None:
    assert [one for one, _ in book("a", "b", "c").addresses()] == ["c", "b", "a"]
    assert [one for one, _ in book("a", "b", "c", default="a").addresses()] == ["a", "c", "b"]
    same = AddressBook({name: Entry(HOME, "", NOW) for name in ("b", "a")})
    assert same.addresses() == [("a", HOME), ("b", HOME)]


def test_an_address_is_there_until_it_is_deleted() -> None:
    one = book("a")
    assert one.get("a") == HOME
    gone = one.removed("a", NOW + 9)
    assert gone.addresses() == []
    assert gone.entries["a"] == Entry(None, "print-a", NOW + 9)
    for where, name in ((one, "b"), (gone, "a")):
        with pytest.raises(NotFoundError):
            where.get(name)
    assert gone.removed("a", NOW + 99) == gone
    with pytest.raises(NotFoundError):
        one.removed("b", NOW)


def test_a_repeat_finds_what_it_made() -> None:
    one = book("a", "b")
    assert one.known(["x", "b"], "print-b") == "b"
    assert one.known(["x", "y"], "print-b") is None
    assert one.known([], "print-a") is None
    with pytest.raises(ValidationError) as reused:
        one.known(["x", "a"], "print-b")
    assert (reused.value.code, reused.value.detail) == (
        "idempotency_key_reused", "同一请求编号对应了不同的内容",
    )  # fmt: skip
    with pytest.raises(NotFoundError):
        one.removed("a", NOW).known(["a"], "print-a")


def test_an_address_is_added_and_may_become_the_default() -> None:
    one = book("a", default="a")
    more = one.added("b", FAR, "print-b", is_default=False, now=NOW + 50)
    assert more == AddressBook({**one.entries, "b": Entry(FAR, "print-b", NOW + 50)}, "a")
    assert one.added("b", FAR, "print-b", is_default=True, now=NOW + 50).default_id == "b"


def test_twenty_addresses_are_kept() -> None:
    full = book(*(f"a{at}" for at in range(MOST_ADDRESSES - 1)))
    full = full.added("last", HOME, "p", is_default=False, now=NOW)
    with pytest.raises(ConflictError) as refused:
        full.added("more", HOME, "p", is_default=False, now=NOW)
    assert (refused.value.code, refused.value.detail) == (
        "address_limit_reached", "最多保存20个收货地址",
    )  # fmt: skip
    room = full.removed("last", NOW)
    assert len(room.added("more", HOME, "p", is_default=False, now=NOW).addresses()) == 20


def test_stones_stay_for_a_week() -> None:
    stone = AddressBook({"a": Entry(None, "p", NOW)})
    for later, is_there in ((KEPT_SECONDS, True), (KEPT_SECONDS + 1, False)):
        after = stone.added("b", HOME, "p", is_default=False, now=NOW + later)
        assert ("a" in after.entries) is is_there
    old = AddressBook({"a": Entry(HOME, "p", NOW - 10 * KEPT_SECONDS)})
    assert "a" in old.added("b", HOME, "p", is_default=False, now=NOW).entries


def test_who_makes_and_deletes_all_day_is_told_to_wait() -> None:
    stones = {f"s{at}": Entry(None, "p", NOW) for at in range(MOST_ENTRIES - 1)}
    full = AddressBook(stones).added("a", HOME, "p", is_default=False, now=NOW)
    with pytest.raises(TooManyRequestsError) as refused:
        full.added("b", HOME, "p", is_default=False, now=NOW)
    assert refused.value.retry_after == 3_600


def test_a_change_keeps_whose_request_made_it_and_the_default() -> None:
    one = book("a", "b", default="a")
    assert one.changed("b", FAR, is_default=False) == AddressBook(
        {**one.entries, "b": replace(one.entries["b"], address=FAR)}, "a"
    )
    assert one.changed("b", FAR, is_default=True).default_id == "b"
    assert one.changed("a", FAR, is_default=False).default_id is None
    assert one.changed("a", FAR, is_default=True).default_id == "a"
    with pytest.raises(NotFoundError):
        one.changed("c", FAR, is_default=False)


def test_a_deleted_default_leaves_none() -> None:
    assert book("a", "b", default="a").removed("a", NOW).default_id is None
    assert book("a", "b", default="a").removed("b", NOW).default_id == "a"


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13800138000", "138****8000"),
        ("12345678", "123****5678"),
        ("1234567", "****"),
        ("", "****"),
    ],
)
def test_a_phone_is_hidden_but_for_its_ends(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张*"), ("欧阳修", "欧**"), ("王", "王*"), ("", "*")]
)
def test_an_address_is_shown_without_its_person(name: str, masked: str) -> None:
    shown = replace(HOME, name=name).masked()
    assert shown == replace(HOME, name=masked, phone="138****8000", detail="******")
