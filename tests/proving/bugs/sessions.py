"""Sign-ins and tokens."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "a refresh token is good as often as it is shown",
        f"{SHOP}/store/customers.py",
        "rotate",
        "(SessionRow.generation == presented.generation) & (SessionRow.token_hash == "
        "token_hash) & __e",
        "__e",
        ("R2",),
        cases=("refresh x refresh, one token",),
    ),
    SeededBug(
        "a token that is used twice does no harm to its thief",
        f"{SHOP}/usecases/login.py",
        "_once_more",
        "customers.end_session(*__a)",
        "None",
        ("R2",),
        cases=("refresh x refresh, one token",),
    ),
    SeededBug(
        "a new person who signs in twice is two",
        f"{SHOP}/store/customers.py",
        "add_identity",
        "put(__r, free)",
        "put(__r)",
        ("R2",),
        cases=("sign-in x sign-in, new",),
    ),
    SeededBug(
        "an access token never ends",
        f"{SHOP}/crypto/sessions.py",
        "_verify",
        "now >= expires",
        "False",
        ("R12",),
        cases=("routes",),
    ),
    SeededBug(
        "a forged refresh token ends another's sign-in",
        f"{SHOP}/crypto/sessions.py",
        "read_refresh",
        "not _same(mine, token)",
        "False",
        ("R12",),
        cases=("refresh tokens",),
    ),
    SeededBug(
        "a sign-in never ends",
        f"{SHOP}/store/customers.py",
        "rotate",
        "SessionRow.expires_at > now",
        "SessionRow.expires_at.exists()",
        ("R12",),
        cases=("refresh tokens",),
    ),
)
