"""What in a body names something is found by its name, wherever it stands."""

import msgspec
import pytest

from tests.proving.references import Place, owned_by, references, shortest, with_value


class Line(msgspec.Struct):
    """Inside a list."""

    sku_id: str
    quantity: int = 1


class Shape(msgspec.Struct):
    """A body with references at every depth."""

    items: list[Line]
    coupon_claim_ids: list[str] = []
    freight_coupon_claim_id: str | None = None
    ticket: str = ""
    remark: str = ""


KNOWN = {"coupon_claim_id": "mine-1", "ticket": "t"}


def test_references_are_found_in_lists_and_unions_and_free_text_is_none() -> None:
    assert set(references(Shape)) == {
        ("items", 0, "sku_id"),
        ("coupon_claim_ids", 0),
        ("freight_coupon_claim_id",),
        ("ticket",),
    }
    assert references(None) == []


@pytest.mark.parametrize(
    ("place", "thing"),
    [
        (("coupon_claim_ids", 0), "coupon_claim_id"),
        (("freight_coupon_claim_id",), "coupon_claim_id"),
        (("ticket",), "ticket"),
        (("items", 0, "sku_id"), None),
    ],
)
def test_a_reference_names_one_of_a_customers_own_things_or_none(
    place: Place, thing: str | None
) -> None:
    assert owned_by(place, KNOWN) == thing


def test_the_shortest_body_has_what_is_required_and_values_find_their_places() -> None:
    body = shortest(Shape, KNOWN)
    assert set(body) == {"items"}
    assert [set(line) for line in body["items"]] == [{"sku_id"}]
    assert with_value(body, ("coupon_claim_ids", 0), "x")["coupon_claim_ids"] == ["x"]
    assert with_value(body, ("items", 0, "sku_id"), "y")["items"] == [{"sku_id": "y"}]
    assert "coupon_claim_ids" not in body
