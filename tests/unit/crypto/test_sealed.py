"""What is sealed opens with its key, purpose and context, and with nothing else."""

import base64
import string

import pytest

from shop.crypto.cursors import open_cursor, seal_cursor
from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, is_current, seal, seal_text, unseal, unseal_text

ROOTS = {"1": bytes(range(32)), "2": bytes(32)}
RING, NEWER, OTHER = KeyRing("1", ROOTS), KeyRing("2", ROOTS), KeyRing("1", {"1": b"x" * 32})
PLAIN = "茶".encode()


def test_what_is_sealed_opens_while_its_key_is_listed() -> None:
    box = seal(RING, "pii", PLAIN, b"wang")
    assert unseal(RING, "pii", box, b"wang") == PLAIN
    assert unseal(NEWER, "pii", box, b"wang") == PLAIN
    assert unseal(RING, "pii", seal(RING, "pii", b"")) == b""
    assert unseal(RING, "pii", seal(NEWER, "pii", PLAIN)) == PLAIN


def test_no_two_boxes_are_alike() -> None:
    boxes = {seal(RING, "pii", PLAIN) for _ in range(50)}
    assert len({box[1:13] for box in boxes}) == 50
    # A version, a nonce of 12 bytes, the text, a tag of 16.
    assert {len(box) for box in boxes} == {1 + 12 + len(PLAIN) + 16}


def test_a_box_says_which_key_it_was_sealed_with() -> None:
    box = seal(RING, "pii", PLAIN)
    assert (box[:1], is_current(RING, box), is_current(NEWER, box)) == (b"1", True, False)


BOX = seal(RING, "pii", PLAIN, b"wang")


@pytest.mark.parametrize(
    ("ring", "purpose", "box", "context"),
    [
        (RING, "quote", BOX, b"wang"),
        (RING, "pii", BOX, b"li"),
        (RING, "pii", BOX, b""),
        (OTHER, "pii", BOX, b"wang"),
        (KeyRing("2", {"2": bytes(32)}), "pii", BOX, b"wang"),
        (RING, "pii", b"2" + BOX[1:], b"wang"),
        (RING, "pii", "é".encode() + BOX[1:], b"wang"),
        (RING, "pii", BOX[:-1], b"wang"),
        (RING, "pii", BOX[:-1] + bytes([BOX[-1] ^ 1]), b"wang"),
        (RING, "pii", BOX[:5], b"wang"),
        (RING, "pii", b"1", b"wang"),
    ],
    ids=range(11),
)
def test_nothing_else_opens(ring: KeyRing, purpose: str, box: bytes, context: bytes) -> None:
    with pytest.raises(UnsealError):
        unseal(ring, purpose, box, context)


def test_purpose_and_context_do_not_run_together() -> None:
    with pytest.raises(UnsealError):
        unseal(RING, "pi", seal(RING, "pii", PLAIN, b"x"), b"ix")
    a_ring = KeyRing("1", ROOTS)
    same_key = {("ab", "1"): bytes(32), ("a", "1"): bytes(32)}
    a_ring._derived.update(same_key)
    with pytest.raises(UnsealError):
        unseal(a_ring, "a", seal(a_ring, "ab", PLAIN, b"c"), b"bc")


@pytest.mark.parametrize("length", range(6))
def test_a_box_as_text_is_fit_for_an_address(length: int) -> None:
    text = seal_text(RING, "quote", b"x" * length, b"wang")
    assert "=" not in text
    assert base64.urlsafe_b64encode(base64.urlsafe_b64decode(text + "==")).rstrip(b"=") == (
        text.encode()
    )
    assert unseal_text(RING, "quote", text, b"wang") == b"x" * length
    assert unseal_text(NEWER, "quote", text, b"wang") == b"x" * length
    for wrong in ("", "é", "!" + text, text + "\n", text.replace(text[-5], "+", 1), "A"):
        with pytest.raises(UnsealError):
            unseal_text(RING, "quote", wrong, b"wang")
    with pytest.raises(UnsealError):
        unseal_text(RING, "quote", text)


def test_all_of_the_alphabet_is_used() -> None:
    texts = "".join(seal_text(RING, "quote", PLAIN) for _ in range(100))
    assert {"-", "_"} <= set(texts)
    assert not {"+", "/"} & set(texts)


def test_a_cursor_is_the_same_for_the_same_page_of_the_same_list() -> None:
    one = seal_cursor(RING, "p1", "orders|wang")
    assert one == seal_cursor(RING, "p1", "orders|wang")
    assert one[0] == "1"
    assert seal_cursor(NEWER, "p1", "orders|wang")[0] == "2"
    assert len({one, seal_cursor(RING, "p2", "orders|wang"), seal_cursor(RING, "p1", "x")}) == 3


@pytest.mark.parametrize("position", ["", "p", "第1页", "x" * 40, "xy", "xyz"])
def test_a_cursor_opens_for_its_list_alone(position: str) -> None:
    for ring in (RING, NEWER):
        cursor = seal_cursor(ring, position, "orders|wang")
        assert "=" not in cursor
        assert open_cursor(RING, cursor, "orders|wang") == position
    for ring, text, context in (
        (RING, cursor, "orders|li"),
        (OTHER, cursor, "orders|wang"),
        (RING, "3" + cursor[1:], "orders|wang"),
        (RING, "1" + cursor[1:], "orders|wang"),
        (RING, cursor + "!", "orders|wang"),
        (RING, cursor[:-2], "orders|wang"),
        (RING, "é" + cursor, "orders|wang"),
        (RING, cursor[0] + "é", "orders|wang"),
        (RING, "", "orders|wang"),
        (RING, seal_text(RING, "cursor", b"x"), "orders|wang"),
    ):
        with pytest.raises(UnsealError):
            open_cursor(ring, text, context)


def test_a_cursor_is_fit_for_an_address() -> None:
    texts = "".join(seal_cursor(RING, f"p{at}", "x") for at in range(100))
    assert {"-", "_"} <= set(texts)
    assert not {"+", "/"} & set(texts)


ALPHABET = f"{string.ascii_letters}{string.digits}-_"


@pytest.mark.parametrize("length", [6, 7, 8])
def test_a_sealed_text_has_one_spelling(length: int) -> None:
    text = seal_text(RING, "quote", b"x" * length)
    cursor = seal_cursor(RING, "x" * length, "list")
    for last in ALPHABET.replace(text[-1], ""):
        with pytest.raises(UnsealError):
            unseal_text(RING, "quote", text[:-1] + last)
    for last in ALPHABET.replace(cursor[-1], ""):
        with pytest.raises(UnsealError):
            open_cursor(RING, cursor[:-1] + last, "list")
    for other in (text + "=", text[:5] + "." + text[5:], text + "\n", text.replace("-", "+") + "/"):
        with pytest.raises(UnsealError):
            unseal_text(RING, "quote", other)
