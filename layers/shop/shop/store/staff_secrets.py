"""What opens a staff account: tries are counted, codes used up, and secrets replaced."""

from pynamodb.expressions.update import Action

from shop.store.staff import StaffRow, is_open
from shop.store.table import staff_key
from shop.store.writes import ConditionFailed, Raw, Write, apply, present, update

TRIES = 5
WINDOW_SECONDS = 900


def count_try(username: str, now: int) -> int:
    """Count a sign-in before it is judged, so that parallel guesses count too.

    Returns:
        0 if it may be judged, else the seconds until another may.
    """
    row = StaffRow(*staff_key(username))
    one_more = update(
        row,
        [StaffRow.tries.set(StaffRow.tries + 1)],
        (StaffRow.window_ends > now) & (StaffRow.tries < TRIES),
    )
    new_window = update(
        row,
        [StaffRow.tries.set(1), StaffRow.window_ends.set(now + WINDOW_SECONDS)],
        present() & (StaffRow.window_ends <= now),
    )
    for attempt in (one_more, new_window, one_more):
        try:
            apply(attempt)
        except ConditionFailed as refused:
            wait = _wait(refused.old, now)
            continue
        return 0
    return wait


def accept_step(username: str, step: int) -> bool:
    """Use up a one-time code's time step and forgive earlier tries; False if it was used."""
    row = StaffRow(*staff_key(username))
    forgiven: list[Action] = [StaffRow.last_step.set(step), StaffRow.tries.set(0)]
    try:
        apply(update(row, forgiven, StaffRow.last_step < step))
    except ConditionFailed:
        return False
    return True


def change_password(
    row: StaffRow, password_hash: str, step: int, session_id: str, now: int
) -> Write:
    """A new password, if all is as it was read; uses the code up and ends all sign-ins but one."""
    unchanged = StaffRow.password_hash == row.password_hash
    return update(
        row,
        [
            StaffRow.password_hash.set(password_hash),
            StaffRow.last_step.set(step),
            StaffRow.tries.set(0),
            StaffRow.ended_at.set(now),
            StaffRow.kept_session.set(session_id),
        ],
        is_open() & unchanged & (StaffRow.last_step < step),
    )


def reset_account(username: str, password_hash: str, totp: bytes, now: int) -> Write:
    """New secrets for an open account, and no sign-in left; `totp` is sealed."""
    actions: list[Action] = [
        StaffRow.password_hash.set(password_hash),
        StaffRow.totp.set(totp),
        StaffRow.last_step.set(0),
        StaffRow.tries.set(0),
        StaffRow.ended_at.set(now),
        StaffRow.kept_session.remove(),
    ]
    return update(StaffRow(*staff_key(username)), actions, is_open())


def _wait(old: Raw, now: int) -> int:
    if not old:
        return 0
    row = StaffRow.from_raw_data(dict(old))
    return max(1, int(row.window_ends) - now)
