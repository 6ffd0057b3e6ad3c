"""The nodes of the journeys, for the commands beside them."""

from __future__ import annotations

from tests.journeys.fixtures import (  # noqa: F401
    celery_backend_cluster,
    celery_broker_cluster,
    celery_setup_app,
    clean,
    db,
    default_redis_backend,
    default_redis_broker,
    default_worker_container,
    fresh,
    journey_app,
    journey_env,
    journey_folder,
    start,
)
