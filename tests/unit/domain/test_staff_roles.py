"""Roles: what each may do, and that nobody may do what is not listed."""

import pytest

from shop.domain.staff_roles import GRANTS, ROUTES, Permission, Role, may, may_call


def test_the_owner_may_do_everything() -> None:
    assert all(may("owner", one) for one in Permission)
    assert all(may_call("owner", route) for route in ROUTES)


@pytest.mark.parametrize("role", ["", "OWNER", "root", "customer"])
def test_an_unknown_role_may_do_nothing(role: str) -> None:
    assert not any(may(role, one) for one in Permission)
    assert not any(may_call(role, route) for route in ROUTES)


@pytest.mark.parametrize("role", list(Role))
def test_a_route_that_is_not_listed_opens_to_nobody(role: Role) -> None:
    assert not may_call(role, "GET /v1/admin/nothing")
    assert not may_call(role, "")


@pytest.mark.parametrize("role", list(Role))
def test_a_route_asks_for_its_permission(role: Role) -> None:
    for route, permission in ROUTES.items():
        assert may_call(role, route) is may(role, permission) is (permission in GRANTS[role])


def test_only_the_owner_makes_staff_and_turns_keys() -> None:
    for one in (Permission.STAFF_WRITE, Permission.KEYS_ROTATE, Permission.APPROVALS_DECIDE):
        allowed = {role for role in Role if may(role, one)}
        assert allowed <= {Role.OWNER, Role.OPERATOR}
        assert Role.OWNER in allowed
    assert {role for role in Role if may(role, Permission.STAFF_WRITE)} == {Role.OWNER}


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.AUDITOR])
def test_support_and_auditors_change_nothing_but_their_own_secrets(role: Role) -> None:
    writing = {one for one in GRANTS[role] if not one.endswith(".read")}
    assert writing == {Permission.OWN_SECRETS}
