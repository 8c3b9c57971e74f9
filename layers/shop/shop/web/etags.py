"""Answers that a client may keep: a strong `ETag`, `Cache-Control`, and 304 for no change."""

import base64
import hashlib
from collections.abc import Mapping

import msgspec

from shop.web.api import Reply

NOT_MODIFIED = 304


def cacheable(
    view: object,
    headers: Mapping[str, str],
    seconds: int,
    *,
    same: object = None,
    shared: bool = True,
) -> Reply:
    """The view as a reply that may be kept for `seconds`.

    Args:
        view: What to encode; bytes are JSON already.
        headers: The request's, lower-case names.
        seconds: How old the answer may get.
        same: What the tag is made of instead of the view, where the view tells the time.
        shared: Everybody may share it; else only who asked may keep it.
    """
    body = view if isinstance(view, bytes) else msgspec.json.encode(view)
    told = body if same is None else msgspec.json.encode(same)
    digest = hashlib.sha256(told).digest()[:16]
    tag = f'"{base64.urlsafe_b64encode(digest).rstrip(b"=").decode()}"'
    whose = "public" if shared else "private"
    answer = {"etag": tag, "cache-control": f"{whose}, max-age={seconds}"}
    if _matches(headers.get("if-none-match", ""), tag):
        return Reply(status=NOT_MODIFIED, headers=answer)
    return Reply(body, headers=answer)


def _matches(if_none_match: str, tag: str) -> bool:
    """Weak comparison (RFC 9110, 13.1.2)."""
    if if_none_match.strip() == "*":
        return True
    return any(one.strip().removeprefix("W/") == tag for one in if_none_match.split(","))
