"""Staff sign-in: password and one-time code, five tries, each code once, nothing told apart."""

from collections.abc import Callable

import pyotp
import pytest

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, unseal
from shop.crypto.sessions import StaffSession, staff_of
from shop.domain.staff_roles import Role
from shop.errors import ForbiddenError, TooManyRequestsError, UnauthenticatedError
from shop.store import staff, staff_secrets
from shop.store.staff import StaffRow
from shop.store.table import staff_key
from shop.store.writes import ConditionFailed, Write, apply, update
from shop.usecases import staff_login
from shop.usecases.staff_login import Credentials, StaffToken
from tests.unit.table import Table

RING = KeyRing("1", {"1": bytes(range(32))})
NOW = 1_790_000_010
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # pragma: allowlist secret
FIRST = {
    "username": "owner",
    "password": "once only",  # pragma: allowlist secret
    "totp_secret": SECRET,
}  # pragma: allowlist secret
WINDOW = 900


def code(now: int = NOW) -> str:
    return pyotp.TOTP(SECRET).at(now)


def sign_in(
    username: str = "li", password: str = "right", digits: str | None = None, now: int = NOW
) -> StaffToken:
    given = Credentials(username, password, code(now) if digits is None else digits)
    return staff_login.sign_in(given, FIRST, RING, "jti-1", now=now)


@pytest.fixture
def li(table: Table) -> StaffRow:
    totp = staff_login.sealed_totp(RING, "li", SECRET)
    staff.create("li", Role.SUPPORT, staff_login.hashed("right"), totp, NOW - 1_000)
    row = staff.account("li")
    assert row is not None
    return row


def refused(look: Callable[[], object]) -> bool:
    try:
        look()
    except UnauthenticatedError as error:
        return (error.code, error.detail) == ("staff_login_failed", "账号、密码或动态码不正确")
    return False


def blocked(look: Callable[[], object]) -> int:
    with pytest.raises(TooManyRequestsError) as refusal:
        look()
    assert refusal.value.detail == "尝试次数过多，请稍后再试"
    return refusal.value.retry_after


@pytest.mark.usefixtures("li")
def test_a_sign_in_names_the_account_for_ten_minutes() -> None:
    told = sign_in()
    assert told.expires_in == 600
    assert staff_of(RING, told.access_token, now=NOW) == StaffSession("li", "jti-1", NOW)


@pytest.mark.usefixtures("li")
def test_all_that_is_wrong_is_refused_alike() -> None:
    assert refused(lambda: sign_in(password="wrong"))
    assert refused(lambda: sign_in(digits="000000"))
    assert refused(lambda: sign_in(digits=""))
    assert refused(lambda: sign_in(username="nobody"))


@pytest.mark.usefixtures("li")
@pytest.mark.parametrize(("drift", "good"), [(-60, 0), (-30, 1), (0, 1), (30, 1), (60, 0)])
def test_a_code_may_be_one_step_early_or_late(drift: int, good: int) -> None:
    assert refused(lambda: sign_in(digits=code(NOW + drift))) is not bool(good)


@pytest.mark.usefixtures("li")
def test_a_code_is_good_once_and_none_from_before_it() -> None:
    sign_in()
    assert refused(sign_in)
    assert refused(lambda: sign_in(digits=code(NOW - 30)))
    sign_in(digits=code(NOW + 30))
    assert refused(lambda: sign_in(digits=code(NOW), now=NOW + 29))


@pytest.mark.usefixtures("li")
def test_five_tries_are_judged_and_then_none_for_a_quarter_of_an_hour() -> None:
    for at in range(5):
        assert refused(lambda at=at: sign_in(password="wrong", now=NOW + at))  # type: ignore[misc]
    assert blocked(lambda: sign_in(now=NOW + 5)) == WINDOW - 5
    assert blocked(lambda: sign_in(now=NOW + WINDOW - 1)) == 1
    sign_in(now=NOW + WINDOW)


@pytest.mark.usefixtures("li")
def test_a_good_sign_in_forgives_earlier_tries() -> None:
    for _ in range(4):
        assert refused(lambda: sign_in(password="wrong"))
    sign_in()
    for _ in range(5):
        assert refused(lambda: sign_in(password="wrong"))
    assert blocked(sign_in) == WINDOW


@pytest.mark.usefixtures("li")
def test_a_new_quarter_of_an_hour_begins_with_its_first_try() -> None:
    for _ in range(3):
        assert refused(lambda: sign_in(password="wrong"))
    later = NOW + WINDOW
    for _ in range(5):
        assert refused(lambda: sign_in(password="wrong", now=later))
    assert blocked(lambda: sign_in(now=later)) == WINDOW


def test_a_closed_account_is_as_if_it_were_not_there(li: StaffRow) -> None:
    apply(staff.close_account("li", NOW))
    for _ in range(7):
        assert refused(sign_in)


def test_an_unknown_name_takes_as_long_as_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(staff_login, "hashed", hashed.append)
    assert refused(lambda: sign_in(username="nobody"))
    assert hashed == ["right"]


def test_the_first_account_is_made_from_the_secret_at_its_first_use(table: Table) -> None:
    assert refused(lambda: sign_in(username="owner2", password="once only"))
    assert table.rows() == []
    assert refused(lambda: sign_in(username="owner", password="wrong"))
    (row,) = table.rows()
    told = sign_in(username="owner", password="once only")
    assert staff_of(RING, told.access_token, now=NOW).username == "owner"
    account = staff.account("owner")
    assert account is not None
    assert (account.role, int(account.created_at)) == (Role.OWNER, NOW)
    assert str(row["pw"]["S"]).startswith("$argon2id$")
    assert "once only" not in str(table.rows())


@pytest.mark.parametrize("first", [{}, {**FIRST, "password": ""}])
def test_without_a_first_password_nobody_is_made(table: Table, first: dict[str, str]) -> None:
    given = Credentials("owner", "", code())
    assert refused(lambda: staff_login.sign_in(given, first, RING, "j", now=NOW))
    assert table.rows() == []


@pytest.mark.usefixtures("table")
def test_a_first_account_is_not_made_over_the_one_there_is() -> None:
    sign_in(username="owner", password="once only")  # pragma: allowlist secret
    other = {**FIRST, "password": "another"}  # pragma: allowlist secret
    given = Credentials("owner", "another", code(NOW + 30))
    assert refused(lambda: staff_login.sign_in(given, other, RING, "j", now=NOW + 30))


def test_a_codes_secret_is_sealed_for_its_account() -> None:
    box = staff_login.sealed_totp(RING, "li", SECRET)
    assert unseal(RING, "totp", box, b"li").decode() == SECRET
    with pytest.raises(UnsealError):
        unseal(RING, "totp", box, b"wang")


def test_a_password_holds_for_its_hash_alone(li: StaffRow) -> None:
    assert staff_login.password_holds(li, "right")
    assert not staff_login.password_holds(li, "Right")
    li.password_hash = "no hash"  # pragma: allowlist secret
    assert not staff_login.password_holds(li, "right")


def test_the_step_of_a_code_is_the_one_it_was_made_for() -> None:
    steps = {drift: staff_login.step_of(SECRET, code(NOW + drift), NOW) for drift in (-30, 0, 30)}
    assert steps == {-30: NOW // 30 - 1, 0: NOW // 30, 30: NOW // 30 + 1}
    assert staff_login.step_of(SECRET, code(NOW + 60), NOW) is None
    assert staff_login.step_of(SECRET, "é", NOW) is None


# -------------------------------------------------------------------- at call time

ROUTE = "GET /v1/admin/orders"
SESSION = StaffSession("li", "s-1", NOW)


def forbidden(session: StaffSession = SESSION, route: str = ROUTE) -> bool:
    try:
        row = staff_login.permit(session, route)
    except ForbiddenError:
        return True
    assert str(row.SK) == "li"
    return False


@pytest.mark.usefixtures("li")
def test_a_role_opens_its_routes_alone() -> None:
    assert not forbidden()
    assert forbidden(route="POST /v1/admin/refunds")
    assert forbidden(route="GET /v1/nothing")
    assert forbidden(StaffSession("nobody", "s-1", NOW))


@pytest.mark.usefixtures("li")
def test_a_role_is_the_one_that_is_stored_now() -> None:
    apply(update(StaffRow(*staff_key("li")), [StaffRow.role.set("auditor")]))
    assert not forbidden(route="GET /v1/admin/audit")
    apply(update(StaffRow(*staff_key("li")), [StaffRow.role.set("support")]))
    assert forbidden(route="GET /v1/admin/audit")


@pytest.mark.usefixtures("li")
def test_a_closed_account_opens_nothing_though_its_token_lives() -> None:
    apply(staff.close_account("li", NOW))
    assert forbidden()


@pytest.mark.usefixtures("li")
def test_a_token_from_before_the_account_opens_nothing() -> None:
    assert forbidden(StaffSession("li", "s-1", NOW - 1_001))
    assert not forbidden(StaffSession("li", "s-1", NOW - 1_000))


def test_a_new_password_ends_all_sign_ins_but_the_one_it_was_changed_in(li: StaffRow) -> None:
    apply(staff_secrets.change_password(li, "new", NOW // 30, "s-2", NOW))
    assert forbidden()
    assert not forbidden(StaffSession("li", "s-2", NOW - 5))
    assert not forbidden(StaffSession("li", "s-1", NOW + 1))
    row = staff.account("li")
    assert row is not None
    assert (row.password_hash, int(row.last_step), int(row.tries)) == ("new", NOW // 30, 0)
    assert staff_secrets.count_try("li", NOW) == 0


def test_a_reset_ends_all_sign_ins_and_forgets_codes_and_tries(li: StaffRow) -> None:
    apply(staff_secrets.change_password(li, "x", NOW // 30, "s-1", NOW - 9))
    staff_secrets.count_try("li", NOW)
    apply(staff_secrets.reset_account("li", "new", b"sealed", NOW))
    assert forbidden()
    assert not forbidden(StaffSession("li", "s-1", NOW + 1))
    row = staff.account("li")
    assert row is not None
    assert (row.password_hash, row.totp, int(row.last_step), int(row.tries)) == (
        "new", b"sealed", 0, 0,
    )  # fmt: skip
    assert staff_secrets.count_try("li", NOW) == 0
    assert staff_secrets.accept_step("li", 1)


@pytest.mark.parametrize("step", [0, 1])
def test_a_password_is_changed_only_if_all_is_as_it_was_read(li: StaffRow, step: int) -> None:
    this = NOW // 30
    assert staff_secrets.accept_step("li", this)
    with pytest.raises(ConditionFailed):
        apply(staff_secrets.change_password(li, "new", this - step, "s-1", NOW))
    apply(update(StaffRow(*staff_key("li")), [StaffRow.password_hash.set("other")]))
    with pytest.raises(ConditionFailed):
        apply(staff_secrets.change_password(li, "new", this + 1, "s-1", NOW))


@pytest.mark.parametrize(
    "change",
    [
        lambda row: staff_secrets.change_password(row, "new", NOW // 30, "s-1", NOW),
        lambda _: staff_secrets.reset_account("li", "new", b"x", NOW),
    ],
)
def test_a_closed_account_gets_no_new_secrets(
    li: StaffRow, change: Callable[[StaffRow], Write]
) -> None:
    apply(staff.close_account("li", NOW))
    with pytest.raises(ConditionFailed):
        apply(change(li))


@pytest.mark.usefixtures("li")
def test_a_step_is_used_up_once_and_none_before_it() -> None:
    assert staff_secrets.accept_step("li", 5)
    assert not staff_secrets.accept_step("li", 5)
    assert not staff_secrets.accept_step("li", 4)
    assert staff_secrets.accept_step("li", 6)


def test_tries_of_an_account_that_is_not_there_are_not_counted(table: Table) -> None:
    assert staff_secrets.count_try("nobody", NOW) == 0
    assert not staff_secrets.accept_step("nobody", 5)
    assert table.rows() == []
