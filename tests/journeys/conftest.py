"""The journeys run on process groups; with JOURNEYS=docker the same files run on containers."""

from __future__ import annotations

import os

import pytest

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
)

if os.environ.get("JOURNEYS") == "docker":
    from tests.journeys import containers

    if not containers.engine_answers():
        raise pytest.UsageError("JOURNEYS=docker: no Docker engine answers; unset JOURNEYS to run the journeys on processes.")
    journey_image = containers.journey_image
    journey_volumes = containers.journey_volumes
    default_redis_broker = containers.default_redis_broker
    default_worker_container = containers.default_worker_container
