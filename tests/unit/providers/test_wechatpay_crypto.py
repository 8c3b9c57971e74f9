"""WeChat Pay's signatures and seals, bit by bit: what is signed, who is believed, what opens.

The keys are made of fixed primes, and a signature is worked out by hand as RFC 8017 8.2 says, so
that neither the library nor the emulator vouches for itself.
"""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import NameOID

from shop.errors import MisconfiguredError
from shop.providers.wechatpay_crypto import Signer, Verifier, lines, unseal

# Primes near round numbers, so that the keys are the same in every run and nobody's secret.
P, Q, R = (3 << 1022) + 1037, (7 << 1021) + 309, (13 << 1020) + 1125
E = 65_537
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
MESSAGE = b"GET\n/v3/certificates\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n"
PAY_KEY, OTHER_KEY, CERTIFICATE = (
    "PUB_KEY_ID_0114232134912410000000000000",
    "PUB_KEY_ID_2",
    "A" * 40,
)


def rsa_key(p: int, q: int) -> rsa.RSAPrivateKey:
    d = pow(E, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=d % (p - 1),
        dmq1=d % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(E, p * q),
    )
    return numbers.private_key()


KEY, STRANGER = rsa_key(P, Q), rsa_key(P, R)
CURVE = ec.derive_private_key(7, ec.SECP256R1())


def private_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> str:
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        lock = serialization.BestAvailableEncryption(password)
    raw = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    return raw.decode()


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    raw = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return raw.decode()


def certificate_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com Root CA")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2031, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def signed_by_hand(message: bytes, p: int = P, q: int = Q) -> str:
    """RSASSA-PKCS1-v1_5 with SHA-256, in whole numbers."""
    told = SHA256_PREFIX + hashlib.sha256(message).digest()
    block = b"\x00\x01" + b"\xff" * (256 - 3 - len(told)) + b"\x00" + told
    d = pow(E, -1, (p - 1) * (q - 1))
    return base64.b64encode(pow(int.from_bytes(block), d, p * q).to_bytes(256)).decode()


class Counted:
    """Stands before a function and counts its calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
        module, _, name = path.rpartition(".")
        real: Callable[..., object] = getattr(__import__(module, fromlist=[name]), name)
        self.calls = 0

        def counted(*arguments: object, **named: object) -> object:
            self.calls += 1
            return real(*arguments, **named)

        monkeypatch.setattr(path, counted)


def test_a_request_is_signed_as_five_lines_each_with_its_line_feed() -> None:
    assert (
        lines("GET", "/v3/certificates", "1554208460", "593BEC0C930BF1AFEB40B4A08C8FB242", "")
        == MESSAGE
    )
    assert lines("POST", "/v3/pay?a=1&b=2", "1", "n", '{"description":"苹果"}') == (
        b'POST\n/v3/pay?a=1&b=2\n1\nn\n{"description":"\xe8\x8b\xb9\xe6\x9e\x9c"}\n'
    )
    assert lines() == b""


def test_a_signature_is_what_the_standard_says() -> None:
    signer = Signer(private_pem(KEY))
    assert signer.sign(MESSAGE) == signed_by_hand(MESSAGE)
    assert signer.sign(b"") == signed_by_hand(b"")


def test_a_key_in_the_older_form_signs_as_well() -> None:
    raw = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    assert Signer(raw.decode()).sign(MESSAGE) == signed_by_hand(MESSAGE)


def test_the_merchants_key_is_parsed_at_first_use_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(
        monkeypatch, "cryptography.hazmat.primitives.serialization.load_pem_private_key"
    )
    signer = Signer(private_pem(KEY))
    assert counted.calls == 0
    assert signer.sign(b"1") != signer.sign(b"2")
    assert counted.calls == 1


@pytest.mark.parametrize(
    "pem",
    ["", "no key", public_pem(KEY), private_pem(KEY, b"locked"), private_pem(CURVE)],
    ids=["empty", "text", "public", "locked", "of a curve"],
)
def test_another_thing_than_an_rsa_private_key_is_a_wrong_setting(pem: str) -> None:
    with pytest.raises(MisconfiguredError):
        Signer(pem).sign(MESSAGE)


def verifier() -> Verifier:
    return Verifier({PAY_KEY: public_pem(KEY), CERTIFICATE: certificate_pem(STRANGER)})


def test_a_public_key_and_a_certificate_verify_side_by_side() -> None:
    known = verifier()
    assert known.verify(PAY_KEY, signed_by_hand(MESSAGE), MESSAGE) is True
    assert known.verify(CERTIFICATE, signed_by_hand(MESSAGE, P, R), MESSAGE) is True


@pytest.mark.parametrize(
    ("serial", "signature", "message"),
    [
        (PAY_KEY, signed_by_hand(MESSAGE, P, R), MESSAGE),
        (CERTIFICATE, signed_by_hand(MESSAGE), MESSAGE),
        ("PUB_KEY_ID_9", signed_by_hand(MESSAGE), MESSAGE),
        (PAY_KEY, signed_by_hand(MESSAGE), MESSAGE + b"\n"),
        (PAY_KEY, signed_by_hand(MESSAGE), b""),
        (PAY_KEY, "", MESSAGE),
        (PAY_KEY, "AAAA", MESSAGE),
        (PAY_KEY, signed_by_hand(MESSAGE) + "\n", MESSAGE),
        (PAY_KEY, "-" + signed_by_hand(MESSAGE), MESSAGE),
        (PAY_KEY, signed_by_hand(MESSAGE)[:-1], MESSAGE),
        (PAY_KEY, "签名", MESSAGE),
    ],
    ids=[
        "another key", "crossed", "unknown serial", "one line more", "another message", "empty",
        "short", "a line feed after it", "a letter that is none", "cut", "Chinese",
    ],
)  # fmt: skip
def test_whatever_is_not_that_keys_signature_is_not_believed(
    serial: str, signature: str, message: bytes
) -> None:
    assert verifier().verify(serial, signature, message) is False


def test_a_public_key_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Counted(monkeypatch, "cryptography.hazmat.primitives.serialization.load_pem_public_key")
    certificates = Counted(monkeypatch, "cryptography.x509.load_pem_x509_certificate")
    known = verifier()
    assert (keys.calls, certificates.calls) == (0, 0)
    for _ in range(2):
        assert known.verify(PAY_KEY, signed_by_hand(MESSAGE), MESSAGE)
        assert known.verify(CERTIFICATE, signed_by_hand(MESSAGE, P, R), MESSAGE)
    assert (keys.calls, certificates.calls) == (1, 1)


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "no key",
        private_pem(KEY),
        public_pem(CURVE),
        certificate_pem(CURVE),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ],
    ids=["empty", "text", "private", "of a curve", "certificate of a curve", "broken certificate"],
)
def test_a_damaged_platform_key_is_a_wrong_setting_and_no_forgery(pem: str) -> None:
    with pytest.raises(MisconfiguredError):
        Verifier({PAY_KEY: pem}).verify(PAY_KEY, signed_by_hand(MESSAGE), MESSAGE)


def test_a_damaged_key_matters_only_to_who_names_it() -> None:
    known = Verifier({OTHER_KEY: "no key", PAY_KEY: public_pem(KEY)})
    assert known.verify(PAY_KEY, signed_by_hand(MESSAGE), MESSAGE)
    assert not known.verify("another", signed_by_hand(MESSAGE), MESSAGE)


def test_answers_are_asked_for_by_the_first_public_key() -> None:
    assert verifier().preferred_serial == PAY_KEY
    pem = public_pem(KEY)
    assert Verifier({CERTIFICATE: pem, OTHER_KEY: pem, PAY_KEY: pem}).preferred_serial == OTHER_KEY
    assert Verifier({CERTIFICATE: pem, "XPUB_KEY_ID_": pem}).preferred_serial is None
    assert Verifier({}).preferred_serial is None


def test_further_keys_are_known_and_never_replace_what_is_configured() -> None:
    configured = {PAY_KEY: public_pem(KEY)}
    known = Verifier(configured)
    assert known.knows(PAY_KEY)
    assert not known.knows(OTHER_KEY)
    known.add({OTHER_KEY: public_pem(STRANGER), PAY_KEY: public_pem(STRANGER)})
    assert known.knows(OTHER_KEY)
    assert known.verify(OTHER_KEY, signed_by_hand(MESSAGE, P, R), MESSAGE)
    assert known.verify(PAY_KEY, signed_by_hand(MESSAGE), MESSAGE)
    assert not known.verify(PAY_KEY, signed_by_hand(MESSAGE, P, R), MESSAGE)
    # Who configured it keeps a mapping of their own.
    assert list(configured) == [PAY_KEY]


APIV3, ROTATED_OUT = b"a" * 32, b"b" * 32
NONCE, AAD, PLAIN = "fdasfjihihih", "transaction", '{"trade_state":"SUCCESS","备注":"一"}'.encode()


def sealed(key: bytes = APIV3, nonce: str = NONCE, aad: str = AAD, plain: bytes = PLAIN) -> str:
    """AEAD_AES_256_GCM out of its parts: the tag of 16 bytes follows the text."""
    lock = Cipher(algorithms.AES(key), modes.GCM(nonce.encode())).encryptor()
    lock.authenticate_additional_data(aad.encode())
    text = lock.update(plain) + lock.finalize()
    return base64.b64encode(text + lock.tag).decode()


@pytest.mark.parametrize("aad", ["transaction", "", "退款"])
@pytest.mark.parametrize("key", [APIV3, ROTATED_OUT], ids=["current", "rotated out"])
def test_a_resource_opens_with_any_of_the_keys(key: bytes, aad: str) -> None:
    ciphertext = sealed(key, aad=aad)
    opened = unseal([APIV3, ROTATED_OUT], nonce=NONCE, aad=aad, ciphertext=ciphertext)
    assert opened == PLAIN


def test_an_empty_text_is_a_text() -> None:
    assert unseal([APIV3], nonce=NONCE, aad=AAD, ciphertext=sealed(plain=b"")) == b""


@pytest.mark.parametrize(
    "changes",
    [
        {"keys": []},
        {"keys": [ROTATED_OUT]},
        {"keys": [ROTATED_OUT, b"c" * 32]},
        {"nonce": "fdasfjihihiH"},
        {"nonce": ""},
        {"nonce": NONCE[:11]},
        {"nonce": f"{NONCE}x"},
        {"nonce": "一二三四五六七八九十十一"},
        {"aad": ""},
        {"aad": "Transaction"},
        {"ciphertext": ""},
        {"ciphertext": "AAAA"},
        {"ciphertext": "***"},
        {"ciphertext": f" {sealed()}"},
        {"ciphertext": sealed()[:-4]},
        {"ciphertext": sealed()[4:]},
        {"ciphertext": "密文"},
    ],
    ids=str,
)
def test_nothing_opens_that_was_not_sealed_so(changes: dict[str, object]) -> None:
    given: dict[str, object] = {
        "keys": [APIV3],
        "nonce": NONCE,
        "aad": AAD,
        "ciphertext": sealed(),
        **changes,
    }
    keys = given.pop("keys")
    assert unseal(keys, **given) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("nonce", ["fdasfjihihi", "fdasfjihihihx"])
def test_a_nonce_of_another_length_opens_nothing_even_when_sealed_with_it(nonce: str) -> None:
    assert unseal([APIV3], nonce=nonce, aad=AAD, ciphertext=sealed(nonce=nonce)) is None
