"""Search shapes (`api-contract`: Catalogue, search)."""

from typing import Annotated

import msgspec


class SuggestionQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What has been typed so far."""

    q: Annotated[str, msgspec.Meta(max_length=64)] = ""
