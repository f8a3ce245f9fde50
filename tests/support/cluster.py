"""A cluster of this machine for tests, at ports that nobody else has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(name="cluster", scope="module")
def cluster() -> Iterator[str]:
    """The address of a Dask scheduler with two workers."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as found:
        yield found.scheduler_address
