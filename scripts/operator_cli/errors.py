"""What ends a command, each kind with its own exit code (2 is a wrong command line)."""

from collections.abc import Sequence
from typing import Any


class ShopctlError(Exception):
    """The command could not do what was asked; the text is for the operator."""

    exit_code = 1

    def document(self) -> dict[str, Any]:
        """The same for a program."""
        return {"kind": type(self).__name__, "message": str(self)}


class RefusedError(ShopctlError):
    """The shop understood and said no."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.problem = problem
        detail = problem.get("detail") or problem.get("message") or "no reason given"
        super().__init__(f"{detail} ({self._facts()})" + "".join(self._fields()))

    @property
    def code(self) -> str:
        """The contract's code; empty when the answer was not the shop's."""
        return str(self.problem.get("code", ""))

    def document(self) -> dict[str, Any]:
        """The problem body as it came."""
        return super().document() | {"status": self.status, "problem": self.problem}

    def _facts(self) -> str:
        request_id = self.problem.get("request_id")
        facts = [f"HTTP {self.status}", self.code, f"request_id {request_id}" if request_id else ""]
        return ", ".join(fact for fact in facts if fact)

    def _fields(self) -> Sequence[str]:
        errors = self.problem.get("errors") or []
        return [f"\n  {error.get('field')}: {error.get('message')}" for error in errors]


class UnreachableError(ShopctlError):
    """No answer, or only busy ones, however often it was asked."""

    exit_code = 3


class NotSignedInError(ShopctlError):
    """There is no session, and the shop file does not say how to open one."""

    exit_code = 4


class ShopFileError(ShopctlError):
    """The file that says where the shop is cannot be used."""

    exit_code = 2


class WrongValueError(ShopctlError):
    """An argument is not of its form."""

    exit_code = 2
