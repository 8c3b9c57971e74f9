"""Bearer tokens that open nothing, each wrong in one way."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import jwt

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import ACCESS_SECONDS, ALGORITHM, ISSUER, LEEWAY_SECONDS

FOREIGN = bytes(range(32))
OTHER = {"customer": "staff", "staff": "customer"}


def forged(ring: KeyRing, audience: str, genuine: str, now: int) -> dict[str, dict[str, str]]:
    """Headers by what is wrong with them.

    Args:
        ring: The shop's keys, so that each token but the foreign ones is well signed.
        audience: Whom the route is for, "customer" or "staff".
        genuine: A token that the route takes; its claims are what is bent.
        now: UTC seconds.
    """
    claims: dict[str, Any] = jwt.decode(genuine, options={"verify_signature": False})
    key = ring.derive(f"access-{audience}")

    def signed(
        changes: Mapping[str, Any] = {},
        *,
        drop: str = "",
        secret: bytes = key,
        algorithm: str = ALGORITHM,
        kid: str = ring.current,
    ) -> str:
        bent = {name: value for name, value in {**claims, **changes}.items() if name != drop}
        return jwt.encode(bent, secret, algorithm=algorithm, headers={"kid": kid})

    header, payload, signature = genuine.split(".")
    tokens = {
        "expired": signed({"iat": now - ACCESS_SECONDS, "exp": now}),
        "expired long ago": signed({"iat": 1, "exp": 1 + ACCESS_SECONDS}),
        "from the future": signed(
            {"iat": now + LEEWAY_SECONDS + 1, "exp": now + LEEWAY_SECONDS + 1 + ACCESS_SECONDS}
        ),
        "longer life than we give": signed({"exp": now + ACCESS_SECONDS + 3_600}),
        "alg none": f"{_part({'alg': 'none', 'typ': 'JWT', 'kid': ring.current})}.{payload}.",
        "alg none, signed": f"{_part({'alg': 'none', 'kid': ring.current})}.{payload}.{signature}",
        "other algorithm": signed(algorithm="HS512", secret=key * 2),
        "foreign key": signed(secret=FOREIGN),
        "key of the other side": signed(secret=ring.derive(f"access-{OTHER[audience]}")),
        "wrong audience": signed({"aud": OTHER[audience]}),
        "two audiences, neither ours": signed({"aud": ["x", OTHER[audience]]}),
        "wrong issuer": signed({"iss": f"{ISSUER}-x"}),
        "unknown key": signed(kid="z"),
        "key as a path": signed(kid="../../../../dev/null", secret=b"\x00" * 32),
        "tampered subject": f"{header}.{_part({**claims, 'sub': 'another'})}.{signature}",
        "without signature": f"{header}.{payload}.",
        "garbage": "x.y.z",
        "empty": "",
        **{f"without {name}": signed(drop=name) for name in claims if name != "oid"},
    }
    if "oid" in claims:
        tokens["openid of another"] = signed({"sub": "another-customer"})
    headers = {name: {"authorization": f"Bearer {token}"} for name, token in tokens.items()}
    return {
        "no token": {},
        "another scheme": {"authorization": f"Basic {genuine}"},
        "no scheme": {"authorization": genuine},
        "in a cookie": {"cookie": f"authorization=Bearer {genuine}"},
        "cloud headers": {"x-wx-openid": "o-wang", "x-wx-source": "wx_client", "x-user-id": "1"},
        **headers,
    }


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
