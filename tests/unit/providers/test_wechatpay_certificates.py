"""Certificate mode: unknown certificates are downloaded, opened, checked, and rarely asked for."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from scripts.emulators.wechatpay import WeChatPay
from shop.domain.payment import TradeState
from shop.errors import ProviderError
from shop.providers.wechatpay import WechatPay
from tests.unit.emulators.pay_world import PayWorld
from tests.unit.providers import pay_platform as platform
from tests.unit.providers.emulated import EmulatorTransport

OLD, NEW = "5E9D0A1B" * 5, "7A10C4D2" * 5


@cache
def certificate(serial: str) -> dict[str, str]:
    """A platform certificate and its key: the old one for years, the new one from tomorrow."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com Root CA")])
    key = platform.rsa_key(serial)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int(serial, 16))
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=1825))
        .sign(key, hashes.SHA256())
    )
    return {
        "serial_no": serial,
        "pem": made.public_bytes(serialization.Encoding.PEM).decode(),
        "private_key_pem": platform.private_pem(serial),
        "effective_time": begin.isoformat(),
        "expire_time": (begin + timedelta(days=1825)).isoformat(),
    }


class World(PayWorld):
    """A merchant in certificate mode at the emulator, and our client."""

    def client(self, known: Mapping[str, str]) -> WechatPay:
        return WechatPay(
            appid=self.config.appid,
            mchid=self.config.mchid,
            serial_no=self.merchant["serial_no"],
            private_key_pem=self.merchant["private_key_pem"],
            apiv3_keys=[self.merchant["apiv3_key"]],
            public_keys=known,
            base_urls=["https://api.mch.weixin.qq.com"],
            public_base_url="https://shop.example",
            clock=lambda: int(self.now),
            nonce=lambda: "n" * 32,
            transport=EmulatorTransport(self.pay),
        )

    def downloads(self) -> int:
        return len(self.pay.received.listed("certificates"))


def world(*serials: str) -> World:
    made = World({"platform_certificates": [certificate(serial) for serial in serials]})
    made.paid()
    return made


def query(pay: WechatPay) -> TradeState:
    return pay.query("order0001").state


def test_a_certificate_that_is_not_known_is_downloaded_once() -> None:
    there = world(OLD)
    pay = there.client({})
    assert [query(pay), query(pay)] == [TradeState.SUCCESS] * 2
    assert there.downloads() == 1


def test_a_configured_certificate_needs_no_download() -> None:
    there = world(OLD)
    assert query(there.client({OLD: certificate(OLD)["pem"]})) == TradeState.SUCCESS
    assert there.downloads() == 0


def test_a_new_certificate_is_taken_over_while_the_old_one_is_known() -> None:
    there = world(OLD, NEW)
    assert query(there.client({OLD: certificate(OLD)["pem"]})) == TradeState.SUCCESS
    assert there.downloads() == 1


def test_public_key_mode_downloads_nothing() -> None:
    there = world()
    pay = there.client(dict(there.merchant["public_keys"]))
    assert query(pay) == TradeState.SUCCESS
    assert there.downloads() == 0


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param({"apiv3_key": "x" * 32}, id="sealed with another key"),
        pytest.param({"private_key_pem": platform.private_pem("thief")}, id="another's signature"),
    ],
)
def test_certificates_that_prove_nothing_are_not_taken_and_not_asked_for_again(
    spoilt: dict[str, Any],
) -> None:
    there = world(OLD)
    pay = there.client({})
    if "apiv3_key" in spoilt:
        _change(there.pay, apiv3_key=spoilt["apiv3_key"])
    else:
        _change(there.pay, platform_certificates=[certificate(OLD) | spoilt])
    for _ in range(3):
        with pytest.raises(ProviderError) as caught:
            query(pay)
        assert caught.value.outcome_unknown
    assert there.downloads() == 1
    there.advance(601)
    with pytest.raises(ProviderError):
        query(pay)
    assert there.downloads() == 2


def test_a_notice_under_an_unknown_serial_makes_no_call() -> None:
    from shop.errors import UnauthenticatedError

    there = world(OLD)
    pay = there.client({})
    there.pay.run_due()
    _, headers, body = there.notices[0]
    lower = {name.lower(): value for name, value in headers.items()}
    with pytest.raises(UnauthenticatedError):
        pay.verify_notice(lower, body, now=int(there.now))
    assert there.downloads() == 0


def _change(emulator: WeChatPay, **values: Any) -> None:
    from dataclasses import replace

    emulator._config = replace(emulator._config, **values)
    emulator._writer._config = emulator._config
