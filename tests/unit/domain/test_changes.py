"""An audit entry holds what differs, and stays small whatever was sent."""

import json

from shop.domain.changes import LONGEST, MORE, MOST_FIELDS, changes, outline


def test_only_what_differs_is_kept_by_its_dotted_name() -> None:
    before = {"title": "绿茶", "skus": [{"id": "p1-1", "price": 100, "on": True}], "tags": ["a"]}
    after = {"title": "绿茶", "skus": [{"id": "p1-1", "price": 90, "on": True}], "tags": ["a", "b"]}
    assert changes(before, after) == (
        {"skus.p1-1.price": 100, "tags": '["a"]'},
        {"skus.p1-1.price": 90, "tags": '["a", "b"]'},
    )
    assert changes(after, after) == ({}, {})


def test_what_came_and_what_went_stand_on_one_side() -> None:
    one, two = {"items": [{"id": "a", "n": 1}]}, {"items": [{"id": "b", "n": 1}]}
    assert changes(one, two) == (
        {"items.a.id": "a", "items.a.n": 1},
        {"items.b.id": "b", "items.b.n": 1},
    )
    assert changes(None, {"a": 1}) == (None, {"a": 1})
    assert changes({"a": 1}, None) == ({"a": 1}, None)
    assert changes({"a": None}, {}) == ({"a": None}, {})


def test_equal_numbers_of_a_field_and_none_are_told_apart() -> None:
    assert changes({"limit": None}, {"limit": 2}) == ({"limit": None}, {"limit": 2})


def test_nothing_makes_an_entry_large() -> None:
    flood = {f"field-{number}" * 50: "长" * 20_000 for number in range(500)}
    _, kept = changes({}, flood)
    assert kept is not None
    assert kept[MORE] == 500 - MOST_FIELDS
    assert all(len(name) <= LONGEST for name in kept)
    assert len(json.dumps(kept, ensure_ascii=False)) < MOST_FIELDS * (2 * LONGEST + 10) + 20
    assert outline({"text": "x" * 99, "rows": [{"a": 1}, 2]}) == {
        "text": "x" * (LONGEST - 1) + MORE,
        "rows.0.a": 1,
        "rows.1": 2,
    }
