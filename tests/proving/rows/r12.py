"""R12: nobody reaches another's data: every route of the template with every wrong identity.

What is public is listed here and nowhere else; a route of the template that is neither listed nor
refused without a token fails the row. Refusals are compared to the byte and by their store calls,
so that another's object cannot be told from one that does not exist.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shop.domain.staff_roles import Role, may_call
from shop.web.api import Auth
from tests.proving.cases.credentials import WRONG, played
from tests.proving.forged_tokens import forged
from tests.proving.mutants import narrowed
from tests.proving.people import SHARED, People, Target, body_of, path_of, populate, targets
from tests.proving.references import name_of, owned_by, references, shortest, told_apart, with_value
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import TABLE, Answer, Moment, Shop

promise, target = PROOFS["R12"]

PUBLIC = {
    "POST /v1/login",
    "POST /v1/login/refresh",
    "GET /v1/categories",
    "GET /v1/products",
    "GET /v1/products/{product_id}",
    "GET /v1/search/suggestions",
    "GET /v1/search/hot",
    "GET /v1/flash-sales",
    "GET /v1/flash-sales/{sale_id}",
    "GET /v1/coupons",
    "POST /v1/admin/login",
    "GET /v1/health",
    "GET /v1/openapi.json",
}
PROVIDERS = {
    "POST /v1/notify/wechatpay",
    "POST /v1/notify/kuaidi100/{token}",
    "GET /v1/notify/wechat",
    "POST /v1/notify/wechat",
}
"""Called without a token of ours; what they are sent is signed."""
ENDED_AT_ONCE = ("/v1/me/phone", "/v1/me/addresses", "/v1/me/export", "/cancel")
"""Routes that stop at sign-out and not at the access token's end, besides DELETE /v1/me."""
SEALED = ("quote_token", "ticket")
"""What only we can make: there is no such thing as an absent one, and another's is not found."""
REFUSES_TOKENS = "POST /v1/login/refresh"
"""Public, and about a token: 401 is its own word."""
ROUTES = "routes"
"""The cells of all routes, as one case beside those of sign-ins."""
CLOUD = {"x-wx-openid": "o-wang", "x-wx-unionid": "u", "x-wx-source": "wx_client"}


@dataclass
class Findings:
    """Cells of the matrix, and what was wrong in them."""

    cells: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def cell(self, kind: str, problems: Iterable[str]) -> None:
        """Counts one cell."""
        self.cells[kind] = self.cells.get(kind, 0) + 1
        self.wrong.extend(f"{kind}: {problem}" for problem in problems)


class Matrix:
    """A populated shop that is called as anybody, each time from the same moment."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.people: People = populate(shop)
        self.targets = targets()
        self.findings = Findings()
        self._moment: Moment = shop.moment()

    def run(self) -> Findings:
        """Every cell."""
        for name in narrowed({ROUTES: None, **WRONG}):
            if name == ROUTES:
                self._of_routes()
            else:
                self.findings.cell("credentials", played(self.shop, self._moment, name))
        return self.findings

    def _of_routes(self) -> None:
        for one in self.targets:
            self._declared(one)
            if one.route.auth in {Auth.CUSTOMER, Auth.STAFF, Auth.OPTIONAL}:
                self._forged(one)
            if one.route.auth is Auth.CUSTOMER:
                self._revoked(one)
                self._cloud_headers(one)
                self._of_another(one)
                self._fields(one)
            if one.route.auth is Auth.STAFF:
                self._roles(one)
        self._lists()

    # ------------------------------------------------------------------ identities

    def _declared(self, one: Target) -> None:
        listed = one.key in PUBLIC | PROVIDERS
        open_to_all = one.route.auth in {Auth.PUBLIC, Auth.OPTIONAL, Auth.PROVIDER}
        lines = [] if listed == open_to_all else [f"{one.key}: {one.route.auth}, listed {listed}"]
        if one.key in PUBLIC - {REFUSES_TOKENS}:
            answer, _ = self._call(one, {}, self.people.li.known)
            if (answer.body or {}).get("code") in {"unauthenticated", "forbidden"}:
                lines.append(f"{one.key}: public, and answers {answer.status}")
        if "/admin/" in one.key and not listed and one.route.auth is not Auth.STAFF:
            lines.append(f"{one.key}: not for staff")
        self.findings.cell("declared", lines)

    def _forged(self, one: Target) -> None:
        is_staff = one.route.auth is Auth.STAFF
        people, now = self.people, self.shop.now
        genuine = people.staff[Role.OWNER] if is_staff else people.li.buyer.token
        audience = "staff" if is_staff else "customer"
        for name, headers in forged(people.ring, audience, genuine, now).items():
            if one.route.auth is Auth.OPTIONAL and "authorization" not in headers:
                continue
            answer, calls = self._call(one, headers, people.li.known)
            self.findings.cell("forged", _refused(f"{one.key}, {name}", answer, calls))

    def _revoked(self, one: Target) -> None:
        if not (one.key == "DELETE /v1/me" or any(part in one.key for part in ENDED_AT_ONCE)):
            return
        for everywhere in (True, False):
            self._back()
            li = self.people.li
            ended = self.shop.call(
                "login", "POST /v1/logout", li.buyer, body={"everywhere": everywhere}
            )
            assert ended.status == 204
            answer, _ = self._call(one, _bearer(li.buyer.token), li.known, back=False)
            lines = [] if answer.status == 401 else [f"{one.key}: {answer.status} {answer.body}"]
            self.findings.cell("revoked", lines)

    def _cloud_headers(self, one: Target) -> None:
        """Headers that a gateway of WeChat would set prove nothing here, and change nothing."""
        li = self.people.li
        plain, calls = self._call(one, _bearer(li.buyer.token), li.known)
        claimed = {**CLOUD, "x-wx-openid": self.people.wang.buyer.openid}
        other, same = self._call(one, {**_bearer(li.buyer.token), **claimed}, li.known)
        lines = [] if (plain, calls) == (other, same) else [f"{one.key}: {plain} and {other}"]
        self.findings.cell("cloud headers", lines)

    def _roles(self, one: Target) -> None:
        for role, token in self.people.staff.items():
            answer, _ = self._call(one, _bearer(token), self.people.wang.known)
            refused = (answer.body or {}).get("code") == "forbidden"
            lines = [] if refused != may_call(role, one.key) else [f"{one.key}, {role}: {answer}"]
            self.findings.cell("roles", lines)

    # ------------------------------------------------------------------ another's objects

    def _of_another(self, one: Target) -> None:
        known = self.people.li.known
        for name in [name for name in known if f"{{{name}}}" in one.key]:
            theirs = {**known, name: self.people.wang.known[name]}
            none = {**known, name: _unlike(theirs[name])}
            self.findings.cell("of another", self._same(one, theirs, none))

    def _same(
        self, one: Target, theirs: Mapping[str, str], none: Mapping[str, str]
    ) -> Iterator[str]:
        headers = _bearer(self.people.li.buyer.token)
        absent, calls_absent = self._call(one, headers, none)
        before = self._held()
        answer, calls = self._call(one, headers, theirs)
        if answer != absent or calls != calls_absent:
            yield f"{one.key}: {answer} by {calls} calls, absent {absent} by {calls_absent}"
        if answer.status not in {404, 204}:
            yield f"{one.key}: {answer.status}"
        if self._held() != before:
            yield f"{one.key}: changed what another holds"

    def _fields(self, one: Target) -> None:
        """Every field of the body that names a customer's own object, found by its name."""
        li, wang = self.people.li, self.people.wang
        for place in references(one.route.body):
            thing = owned_by(place, li.known)
            if thing is None:
                if name_of(place) not in SHARED:
                    lines = [f"{one.key} {place}: neither a customer's own (people) nor SHARED"]
                    self.findings.cell("fields", lines)
                continue
            body = shortest(one.route.body, li.known)
            none = _unlike(wang.known[thing])
            values = li.known[thing], wang.known[thing], none
            answers = [
                self._send(one, _bearer(li.buyer.token), li.known, with_value(body, place, value))
                for value in values
            ]
            label, is_sealed = f"{one.key} {place}", name_of(place) in SEALED
            self.findings.cell("fields", told_apart(label, values, answers, is_sealed=is_sealed))

    def _lists(self) -> None:
        """No list of one customer shows, or pages on to, what another holds."""
        li, wang = self.people.li, self.people.wang
        for one in self.targets:
            if one.route.auth is not Auth.CUSTOMER or one.route.method != "GET":
                continue
            if any(f"{{{name}}}" in one.key for name in li.known):
                continue
            answer, _ = self._call(one, _bearer(li.buyer.token), li.known)
            text = str(answer.body)
            held = {*wang.known.values()} - {*li.known.values()}
            lines = [f"{one.key}: shows {value}" for value in held if value in text]
            self.findings.cell("lists", lines)

    # ------------------------------------------------------------------ calls

    def _call(
        self,
        one: Target,
        headers: Mapping[str, str],
        known: Mapping[str, str],
        *,
        back: bool = True,
    ) -> tuple[Answer, int]:
        return self._send(one, headers, known, body_of(one.route, known), back=back)

    def _send(
        self,
        one: Target,
        headers: Mapping[str, str],
        known: Mapping[str, str],
        body: Any,
        *,
        back: bool = True,
    ) -> tuple[Answer, int]:
        """The answer, and the store calls that it took."""
        if back:
            self._back()
        keyed = {"idempotency-key": "matrix-1"} if one.route.method != "GET" else {}
        ledger = self.shop.world.ledger
        before = ledger.requests
        answer = self.shop.call(
            one.folder,
            one.key,
            path=path_of(one.route, known),
            headers={**headers, **keyed},
            body=body,
        )
        return answer, ledger.requests - before

    def _back(self) -> None:
        self.shop.back_to(self._moment, fresh=False)

    def _held(self) -> list[str]:
        partition = f"C#{self.people.wang.buyer.customer_id}"
        items = self.shop.world.engine.items(TABLE)
        return sorted(str(item) for item in items if item["PK"]["S"] == partition)


def run(seed: int, quick: bool) -> Result:
    """The whole matrix; it has one size."""
    with Shop(seed=seed, lean=True) as shop:
        matrix = Matrix(shop)
        findings = matrix.run()
    cells = sum(findings.cells.values())
    return Result(
        f"{len(findings.wrong)} wrong in {cells:,} cells of {len(matrix.targets)} routes",
        not findings.wrong,
        {"routes": len(matrix.targets), **findings.cells},
        findings.wrong,
    )


def _refused(label: str, answer: Answer, calls: int) -> Iterator[str]:
    if answer.status != 401 or answer.body != UNAUTHENTICATED:
        yield f"{label}: {answer.status} {answer.body}"
    if calls:
        yield f"{label}: {calls} store calls for nobody"


def _unlike(theirs: str) -> str:
    """A value of the same form that names nothing."""
    return theirs[:-1] + ("0" if theirs[-1] != "0" else "1")


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


UNAUTHENTICATED = {
    "type": "/problems/unauthenticated",
    "title": "Not signed in",
    "status": 401,
    "detail": "请先登录",
    "code": "unauthenticated",
    "request_id": "00000000-0000-4000-8000-000000000000",
}
