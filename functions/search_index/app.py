"""When the catalogue is published, and now and then: the search index is built and switched to."""

from collections.abc import Mapping
from typing import Any

from shop import clock, wiring
from shop.search.build import build
from shop.telemetry import entry, logger, metrics
from shop.usecases import search_index


@entry
def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The stream's and the schedule's entry: what changed does not matter, what is there does."""
    del event, context
    done = search_index.rebuild(wiring.search_files(), build, clock.now())
    summary = {
        "switched": done.switched, "products": done.products, "file_bytes": done.file_bytes
    }  # fmt: skip
    metrics.add_metric(name="SearchIndexRan", unit="Count", value=1)
    logger.info("search index", extra=summary)
    return summary
