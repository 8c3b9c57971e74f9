"""Openids that carry their app, so that each emulator can tell a foreign one by itself."""

import base64
import hashlib

_HEAD_BYTES = 12
_CHECK_BYTES = 8
OPENID_LENGTH = 28


def openid_for(appid: str, user: str) -> str:
    """The openid of a named test user: 28 characters, the same for the same app and user."""
    head = hashlib.sha256(f"openid\n{appid}\n{user}".encode()).digest()[:_HEAD_BYTES]
    return "o" + _text(head) + _check(appid, _text(head))


def belongs_to(appid: str, openid: str) -> bool:
    """Whether the openid was made for this app."""
    head, check = openid[1:17], openid[17:]
    return len(openid) == OPENID_LENGTH and openid[0] == "o" and check == _check(appid, head)


def _check(appid: str, head: str) -> str:
    return _text(hashlib.sha256(f"check\n{appid}\n{head}".encode()).digest()[:_CHECK_BYTES])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
