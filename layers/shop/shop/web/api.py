"""Routes of one function: an HTTP API v2 event in, a typed request, a typed reply out.

API Gateway has already chosen the route, so dispatch is a dictionary look-up by `routeKey`
(`docs/adr/0003`). A handler receives `Request`, makes one call and returns `Reply` or a struct.
What the routes declare is also what the OpenAPI document is generated from.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from shop import clock
from shop.config import settings
from shop.crypto.sessions import CustomerSession, StaffSession
from shop.domain.ids import is_id
from shop.errors import (
    InvalidError,
    MisconfiguredError,
    NotFoundError,
    ShopError,
    TooManyRequestsError,
    UnauthenticatedError,
    ValidationError,
)
from shop.telemetry import (
    about,
    logger,
    metrics,
    misconfigured,
    refused,
    report,
    request_id_of,
    told,
)
from shop.web import body as bodies
from shop.web import problems
from shop.web.limits import TokenBuckets, source_of


class Auth(StrEnum):
    """Who may call a route."""

    PUBLIC = "public"
    OPTIONAL = "optional"
    CUSTOMER = "customer"
    STAFF = "staff"
    PROVIDER = "provider"


class Empty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No fields at all."""


class Authenticator(Protocol):
    """Turns bearer tokens into sessions; raises UnauthenticatedError."""

    def customer(self, token: str, now: int) -> CustomerSession:
        """The customer behind an access token."""
        ...

    def staff(self, token: str, now: int) -> StaffSession:
        """The member of staff behind an access token."""
        ...


B = TypeVar("B")
Q = TypeVar("Q")


@dataclass(frozen=True, slots=True)
class Request(Generic[B, Q]):
    """One call, checked.

    Attributes:
        body: The decoded body; `Empty` where the route takes none.
        query: The decoded query string.
        path: Path parameters; each is of the id alphabet.
        headers: Lower-case names.
        raw: The body's bytes, for signatures.
        now: UTC seconds at entry; the one clock reading of the call.
        request_id: For logs and problem bodies.
        source_ip: Where the call came from.
        route: The route's key, such as `POST /v1/orders`.
        remaining_seconds: How long this invocation still has.
    """

    body: B
    query: Q
    path: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    now: int
    request_id: str
    source_ip: str
    route: str
    remaining_seconds: Callable[[], float]
    session: CustomerSession | None = None
    staff_session: StaffSession | None = None

    @property
    def customer(self) -> CustomerSession:
        """The signed-in customer; only on routes that require one."""
        if self.session is None:
            raise UnauthenticatedError
        return self.session

    @property
    def staff(self) -> StaffSession:
        """The signed-in member of staff; only on staff routes."""
        if self.staff_session is None:
            raise UnauthenticatedError
        return self.staff_session

    @property
    def idempotency_key(self) -> str:
        """The required `Idempotency-Key`.

        Raises:
            InvalidError: Missing, or not of the id alphabet.
        """
        key = self.headers.get("idempotency-key", "")
        if not is_id(key):
            raise InvalidError(detail="缺少有效的 Idempotency-Key")
        return key


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply with its own status or headers; `body` None sends none."""

    body: object = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Any], object]
Permit = Callable[[StaffSession, str], object]
FailureRenderer = Callable[[ShopError, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """One declared route. `codes` lists the named problems a client may meet."""

    method: str
    path: str
    handler: Handler
    auth: Auth
    body: type | None
    query: type
    reply: Any
    status: int
    codes: tuple[str, ...]
    idempotent: bool
    failure: FailureRenderer
    limited: bool
    cached: bool
    summary: str

    @property
    def key(self) -> str:
        """What API Gateway calls it."""
        return f"{self.method} {self.path}"


class Api:
    """The routes of one function and its Lambda entry, `handle`.

    Args:
        authenticator: Who checks bearer tokens, made when first asked.
        permit: Decides at call time whether a member of staff may call a route; raises
            ForbiddenError. Without it no staff route can be declared.
    """

    def __init__(
        self, authenticator: Callable[[], Authenticator], permit: Permit | None = None
    ) -> None:
        self._authenticator = authenticator
        self._permit = permit
        self._buckets = TokenBuckets()
        self.routes: dict[str, Route] = {}

    def route(
        self,
        method: str,
        path: str,
        *,
        auth: Auth,
        body: type | None = None,
        query: type = Empty,
        reply: Any = None,
        status: int = 200,
        codes: tuple[str, ...] = (),
        idempotent: bool = False,
        failure: FailureRenderer = problems.render,
        limited: bool = False,
        cached: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declare a route.

        Args:
            method: HTTP method.
            path: As in the template, `/v1/orders/{order_no}`.
            auth: Who may call it.
            body: Shape of the JSON body; None where none is read.
            query: Shape of the query string.
            reply: Shape of the reply, for the OpenAPI document.
            status: The usual status.
            codes: Named problem codes beyond the common ones.
            idempotent: An `Idempotency-Key` is required.
            failure: How errors are rendered; providers have their own form.
            limited: Calls are counted per source and per customer; too many are refused.
            cached: Its replies have an ETag and may be answered by 304.

        Raises:
            TypeError: A staff route where nobody decides who of the staff may call it.
        """
        if auth is Auth.STAFF and self._permit is None:
            raise TypeError("a staff route needs Api(..., permit)")

        def declare(handler: Handler) -> Handler:
            summary = (handler.__doc__ or "").strip().partition("\n")[0]
            made = Route(
                method, path, handler, auth, body, query, reply, status, codes, idempotent,
                failure, limited, cached, summary,
            )  # fmt: skip
            self.routes[made.key] = made
            return handler

        return declare

    def handle(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """The Lambda entry. Every outcome is an answer; nothing escapes as an exception."""
        request_id = request_id_of(context)
        route = self.routes.get(str(event.get("routeKey", "")))
        render = route.failure if route else problems.render
        logger.thread_safe_append_keys(
            request_id=request_id, route=str(event.get("routeKey", ""))[:80]
        )
        order_no = _order_in(event)
        if order_no:
            about(order_no)
        try:
            if route is None:
                raise NotFoundError  # noqa: TRY301 - one exit for every refusal
            answer = self._answer(route, event, context, request_id)
        except ShopError as error:
            answer = render(error, request_id)
            _record(error, answer["statusCode"])
        except Exception as error:  # noqa: BLE001 - the outermost guard of every function
            report(error)
            answer = render(ShopError(), request_id)
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()
            logger.thread_safe_clear_keys()
        return answer

    def _answer(
        self, route: Route, event: Mapping[str, Any], context: Any, request_id: str
    ) -> dict[str, Any]:
        request = self._request(route, event, context, request_id)
        made = route.handler(request)
        reply = made if isinstance(made, Reply) else Reply(made)
        status = reply.status or route.status
        headers = {"cache-control": "no-store", **reply.headers}
        text = ""
        if reply.body is not None:
            headers.setdefault("content-type", "application/json")
            text = (
                reply.body.decode()
                if isinstance(reply.body, bytes)
                else msgspec.json.encode(reply.body).decode()
            )
        logger.info("answered", status=status)
        return {"statusCode": status, "headers": headers, "body": text, "isBase64Encoded": False}

    def _request(
        self, route: Route, event: Mapping[str, Any], context: Any, request_id: str
    ) -> Request[Any, Any]:
        now = clock.now()
        headers = {
            str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()
        }
        source_ip = _source_ip(event)
        if route.limited:
            self._limit(
                f"{route.key} {source_of(source_ip)}", settings().source_requests_per_minute, now
            )
        data = bodies.raw(event)
        session, staff_session = self._identify(route, headers, now)
        if route.limited and session:
            self._limit(
                f"{route.key} {session.customer_id}", settings().customer_requests_per_minute, now
            )
        given = event.get("pathParameters") or {}
        path = {name: str(given.get(name, "")) for name in PATH_PARAMETER.findall(route.path)}
        if route.auth is not Auth.PROVIDER and not all(is_id(value) for value in path.values()):
            raise NotFoundError
        request: Request[Any, Any] = Request(
            body=self._body(route, data, headers),
            query=bodies.convert_text(_query(event), route.query),
            path=path,
            headers=headers,
            raw=data,
            now=now,
            request_id=request_id,
            source_ip=source_ip,
            route=route.key,
            remaining_seconds=remaining_of(context),
            session=session,
            staff_session=staff_session,
        )
        if route.idempotent:
            _ = request.idempotency_key
        return request

    def _limit(self, key: str, per_minute: int, now: int) -> None:
        wait = self._buckets.take(key, per_minute, now)
        if wait:
            raise TooManyRequestsError(wait)

    def _identify(
        self, route: Route, headers: Mapping[str, str], now: int
    ) -> tuple[CustomerSession | None, StaffSession | None]:
        if route.auth in {Auth.PUBLIC, Auth.PROVIDER}:
            return None, None
        authorization = headers.get("authorization", "")
        if not authorization and route.auth is Auth.OPTIONAL:
            return None, None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthenticatedError
        if self._permit and route.auth is Auth.STAFF:
            staff_session = self._authenticator().staff(token, now)
            self._permit(staff_session, route.key)
            return None, staff_session
        return self._authenticator().customer(token, now), None

    @staticmethod
    def _body(route: Route, data: bytes, headers: Mapping[str, str]) -> object:
        if route.auth is Auth.PROVIDER:
            return data
        if route.body is None:
            # A body nobody asked for may be `{}` (clients that always send one) and nothing else.
            if data.strip() not in {b"", b"{}"}:
                raise ValidationError(errors=[{"field": "$", "message": "no body expected"}])
            return Empty()
        if not data.strip() and not any(one.required for one in msgspec.structs.fields(route.body)):
            # Nothing at all stands for `{}` where every field may be left out.
            return route.body()
        return bodies.decode(data, headers.get("content-type", ""), route.body)


def _record(error: ShopError, status: int) -> None:
    level = logger.error if status >= problems.SERVER_ERROR else logger.info
    cause = told(error.__cause__) if status >= problems.SERVER_ERROR else ""
    level("refused", status=status, code=error.code, cause=cause)
    refused(error.code)
    if isinstance(error, MisconfiguredError):
        misconfigured()


def _query(event: Mapping[str, Any]) -> dict[str, str]:
    given = event.get("queryStringParameters") or {}
    return {str(name): str(value) for name, value in given.items()}


def _order_in(event: Mapping[str, Any]) -> str:
    """The number of the order that a path is about, or of its refund's; "" where there is none."""
    given = event.get("pathParameters") or {}
    named = str(given.get("order_no") or given.get("refund_no") or "").partition("-")[0]
    return named if is_id(named) else ""


def _source_ip(event: Mapping[str, Any]) -> str:
    http = (event.get("requestContext") or {}).get("http") or {}
    return str(http.get("sourceIp", ""))


def remaining_of(context: Any) -> Callable[[], float]:
    """How many seconds this invocation has left, as a question that can be asked again."""
    reader = getattr(context, "get_remaining_time_in_millis", None)
    return (lambda: reader() / 1000) if reader else (lambda: 10.0)


PATH_PARAMETER = re.compile(r"{(\w+)}")
