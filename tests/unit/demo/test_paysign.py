"""The client's check of payment parameters: only the merchant's own signature opens the sheet."""

import base64

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from scripts.demo.paysign import PaySignCheck, PaySignError

APPID = "wx0123456789abcdef"


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()


@pytest.fixture(scope="module")
def merchant() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def check(merchant: rsa.RSAPrivateKey) -> PaySignCheck:
    return PaySignCheck(APPID, public_pem(merchant))


@pytest.fixture
def payment(merchant: rsa.RSAPrivateKey) -> dict[str, str]:
    time, nonce, package = "1764000000", "593BEC0C930BF1AFEB40B4A08C8FB242", "prepay_id=wx26112221"
    message = f"{APPID}\n{time}\n{nonce}\n{package}\n".encode()
    signature = merchant.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return {
        "timeStamp": time,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": base64.b64encode(signature).decode(),
    }


def test_what_the_merchant_signed_is_accepted(check: PaySignCheck, payment: dict[str, str]) -> None:
    check.verify(payment)
    assert check.holds_for(payment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeStamp", "1764000001"),
        ("timeStamp", "now"),
        ("timeStamp", 1764000000),
        ("nonceStr", "593BEC0C930BF1AFEB40B4A08C8FB243"),
        ("nonceStr", "5" * 33),
        ("package", "prepay_id=wx26112222"),
        ("package", "wx26112221"),
        ("signType", "MD5"),
        ("paySign", "!" * 16),
        ("paySign", ""),
        ("paySign", base64.b64encode(bytes(256)).decode()),
        ("paySign", None),
    ],
)
def test_anything_else_is_refused(
    check: PaySignCheck, payment: dict[str, object], name: str, value: object
) -> None:
    payment[name] = value
    with pytest.raises(PaySignError):
        check.verify(payment)
    assert not check.holds_for(payment)


def test_another_programs_parameters_are_refused(
    merchant: rsa.RSAPrivateKey, payment: dict[str, str]
) -> None:
    assert not PaySignCheck("wxffffffffffffffff", public_pem(merchant)).holds_for(payment)


def test_another_merchants_key_is_refused(payment: dict[str, str]) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert not PaySignCheck(APPID, public_pem(other)).holds_for(payment)


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError):
        PaySignCheck(APPID, public_pem(ec.generate_private_key(ec.SECP256R1())))
