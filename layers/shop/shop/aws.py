"""The SDK as a function needs it that starts often and uses few services.

May import: botocore.
"""

from typing import Any

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

SERVICES = ("dynamodb", "lambda", "s3", "secretsmanager")
USER_AGENT = "yunpu"


class _Loader(Loader):
    """Knows the services; the SDK would look through four hundred folders, twice a client.

    It also leaves out which parameters of a call may name another account's table: for each call
    the SDK would search them all for such a name, and this shop's tables are its own.
    """

    def list_available_services(self, type_name: str) -> list[str]:
        del type_name
        return list(SERVICES)

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> dict[str, Any]:
        model: dict[str, Any] = super().load_service_model(service_name, type_name, api_version)
        if service_name == "dynamodb":
            for operation in model.get("operations", {}).values():
                operation.pop("operationContextParams", None)
        return model


_loader = _Loader()
"""One for all sessions: it keeps what it has read."""


def prepare(session: Session) -> Session:
    """Set a new session up, before it makes a client.

    Finding the services is a fifth of a cold start. A user agent that is given is taken as it is;
    the SDK's own is built twice for each call, a fifth of the call's Python work.
    """
    session.register_component("data_loader", _loader)
    session.set_default_client_config(Config(user_agent=USER_AGENT))
    return session
