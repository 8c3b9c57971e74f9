"""What the service says about itself: that it is there, and its OpenAPI document."""

from functools import cache
from pathlib import Path

from shop import __version__, wiring
from shop.web.api import Api, Auth, Empty, Reply, Request
from shop.web.etags import cacheable
from shop.web.schemas.meta import HealthView

DOCUMENT_SECONDS = 300

api = Api(wiring.authenticator)


@api.route("GET", "/v1/health", auth=Auth.PUBLIC, reply=HealthView)
def health(_request: Request[Empty, Empty]) -> HealthView:
    """Whether the service answers; asks no store and no secret."""
    return HealthView(status="ok", version=__version__)


@api.route("GET", "/v1/openapi.json", auth=Auth.PUBLIC, cached=True)
def openapi(request: Request[Empty, Empty]) -> Reply:
    """This document."""
    return cacheable(_document(), request.headers, DOCUMENT_SECONDS)


@cache
def _document() -> bytes:
    """Made by `python -m scripts.openapi` from what the routes declare."""
    return Path(__file__).with_name("openapi.json").read_bytes()


lambda_handler = api.handle
