"""Ids, exchange codes, couriers' marks, avatars: what is read, and what is not."""

import hashlib

import pytest

from shop.domain.coupon_code import code_of, hash_of, read_code
from shop.domain.couriers import BUILT_IN, by_code, is_of_another
from shop.domain.customer import PhoneNumber, is_avatar
from shop.domain.ids import base62, from_base62, is_id, product_of, random_id


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a", True),
        ("A-z_09", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("a b", False),
        ("a\n", False),
        ("茶", False),
        ("a/b", False),
    ],
)
def test_an_id_is_of_its_alphabet_and_short(text: str, good: bool) -> None:
    assert is_id(text) is good


def test_numbers_are_written_in_digits_that_sort_like_them() -> None:
    assert [base62(one, 2) for one in (0, 9, 10, 35, 36, 61, 62)] == [
        "00", "09", "0A", "0Z", "0a", "0z", "10",
    ]  # fmt: skip
    assert base62(62 * 62 + 5, 2) == "05"
    assert all(from_base62(base62(one, 6)) == one for one in (0, 1, 61, 62, 10**9))
    assert from_base62("10") == 62
    with pytest.raises(ValueError, match="substring"):
        from_base62("-")


def test_a_random_id_is_of_all_its_bytes() -> None:
    assert random_id(b"\x00\x01") == "0" * 21 + "1"
    assert random_id(b"\x01\x00", 3) == base62(256, 3)
    assert len(random_id(b"\xff" * 16)) == 22
    assert random_id(b"\xff" * 16) != random_id(b"\xfe" + b"\xff" * 15)


@pytest.mark.parametrize(
    ("sku", "product"), [("p1-1", "p1"), ("a-b-12", "a-b"), ("none", ""), ("-1", "")]
)
def test_a_skus_product_stands_before_its_last_hyphen(sku: str, product: str) -> None:
    assert product_of(sku) == product


def test_a_code_is_eighty_bits_in_four_groups() -> None:
    assert code_of(bytes(10)) == "0000-0000-0000-0000"
    assert code_of(b"\xff" * 10) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    assert code_of(bytes(9) + b"\x21") == "0000-0000-0000-0011"
    assert code_of(b"\x08" + bytes(9)) == "1000-0000-0000-0000"
    assert code_of(bytes(10) + b"more") == code_of(bytes(10))
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    number = int.from_bytes(bytes(range(10)), "big")
    expected = "".join(digits[number // 32**at % 32] for at in range(15, -1, -1))
    assert code_of(bytes(range(10))).replace("-", "") == expected


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0123-4567-89AB-CDEF", "0123456789ABCDEF"),
        (" 0123 4567 89ab cdef ", "0123456789ABCDEF"),
        ("oOiI-lL00-0000-0000", "0011110000000000"),
        ("0123-4567-89AB-CDE", None),
        ("0123-4567-89AB-CDEFF", None),
        ("0123-4567-89AB-CDEU", None),
        ("0123-4567-89AB-CDE!", None),
        ("", None),
    ],
)
def test_a_typed_code_is_read_kindly(typed: str, read: str | None) -> None:
    assert read_code(typed) == read


def test_half_a_hash_is_kept_of_a_code() -> None:
    whole = hashlib.sha256(b"0123456789ABCDEF").hexdigest()
    assert hash_of("0123-4567-89AB-CDEF") == hash_of("0123456789ABCDEF") == whole[:32]


@pytest.mark.parametrize(
    ("number", "code", "expected"),
    [
        ("SF123", "shunfeng", False),
        ("sf123", "shunfeng", False),
        ("SF123", "zhongtong", True),
        ("sf123", "zhongtong", True),
        ("JT123", "jtexpress", False),
        ("JT123", "jd", True),
        ("DPK1", "debangwuliu", False),
        ("7312345", "zhongtong", False),
        ("ASF1", "zhongtong", False),
    ],
)
def test_a_number_bears_the_mark_of_its_courier(number: str, code: str, expected: bool) -> None:
    assert is_of_another(number, code) is expected


def test_couriers_are_found_by_code() -> None:
    table = by_code(BUILT_IN)
    assert len(table) == len(BUILT_IN)
    assert table["shunfeng"].wechat_id == "SF"


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://thirdwx.qlogo.cn/x/132", True),
        ("https://wx.qlogo.cn/x", True),
        ("http://thirdwx.qlogo.cn/x", False),
        ("https://thirdwx.qlogo.cn.evil.example/x", False),
        ("https://evil.example/thirdwx.qlogo.cn", False),
        ("https://user@thirdwx.qlogo.cn/x", False),
        ("https://thirdwx.qlogo.cn:8443/x", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_an_avatar_is_where_wechat_keeps_them(url: str, good: bool) -> None:
    assert is_avatar(url) is good


def test_a_phone_number_is_plain_within_china() -> None:
    assert PhoneNumber("13800138000", "86").text == "13800138000"
    assert PhoneNumber("5551234", "1").text == "+15551234"
