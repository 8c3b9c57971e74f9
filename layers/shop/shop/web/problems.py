"""Errors as `application/problem+json` (RFC 9457): the only place that knows statuses."""

from collections.abc import Mapping
from typing import Any

import msgspec

from shop.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    MediaTypeError,
    MisconfiguredError,
    NotFoundError,
    ShopError,
    TooLargeError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnavailableError,
    ValidationError,
)

STATUS: Mapping[type[ShopError], int] = {
    InvalidError: 400,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    TooLargeError: 413,
    MediaTypeError: 415,
    ValidationError: 422,
    TooManyRequestsError: 429,
    MisconfiguredError: 500,
    UnavailableError: 503,
    ShopError: 500,
}
TITLES: Mapping[int, str] = {
    400: "Bad request",
    401: "Not signed in",
    403: "Forbidden",
    404: "Not found",
    409: "Conflict",
    413: "Payload too large",
    415: "Unsupported media type",
    422: "Unprocessable content",
    429: "Too many requests",
    500: "Internal error",
    503: "Service unavailable",
}
SERVER_ERROR = 500


def status_of(error: ShopError) -> int:
    """The status of the nearest listed class of the error's ancestry."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def render(error: ShopError, request_id: str) -> dict[str, Any]:
    """The gateway's answer for an error. A 5xx tells nothing of the inside."""
    status = status_of(error)
    body: dict[str, Any] = {
        "type": f"/problems/{error.code.replace('_', '-')}",
        "title": TITLES[status],
        "status": status,
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id,
    }
    if status < SERVER_ERROR:
        body.update(error.context)
    headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
    if isinstance(error, TooManyRequestsError | UnavailableError):
        headers["retry-after"] = str(error.retry_after)
    return {
        "statusCode": status,
        "headers": headers,
        "body": msgspec.json.encode(body).decode(),
        "isBase64Encoded": False,
    }


def provider_failure(
    error: ShopError, request_id: str, body: Mapping[str, object]
) -> dict[str, Any]:
    """The gateway's answer to a provider: our status, in the form that the provider reads."""
    del request_id
    return {
        "statusCode": status_of(error),
        "headers": {"content-type": "application/json"},
        "body": msgspec.json.encode(body).decode(),
        "isBase64Encoded": False,
    }
