"""What runs by the clock: each function does its work when it is called, and says how much."""

import json
from typing import Any

import pytest

from chalicelib.jobs import reconcile
from tests.web.world import World

EVENT: dict[str, Any] = {
    "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
    "account": "1", "time": "2026-11-25T00:00:00Z", "region": "us-east-1", "resources": [],
    "detail": {},
}  # fmt: skip


def ran(name: str, caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """What the job says it did, which is also its one log line."""
    caplog.clear()
    with caplog.at_level("INFO", logger="tautan.requests"):
        told: dict[str, Any] = getattr(reconcile, name)(EVENT, None)
    lines = [json.loads(record.message) for record in caplog.records]
    assert [line for line in lines if line["event"] == f"{name}.done"] == [
        {"event": f"{name}.done", **told}
    ]
    return told


def test_each_job_does_its_work_and_logs_one_line(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    merchant = world.merchant()
    with world.tidied():
        world.paid(merchant)
        assert ran("sweep", caplog) == {}  # what has just begun is not due yet
        audited = ran("audit", caplog)
        assert (audited["audited"] >= 1, audited["found"]) == (True, 0)
        compared = ran("compare", caplog)
        assert compared.keys() == {"agreed", "healed", "found", "unreachable"}
        assert (compared["healed"], compared["found"]) == (0, 0)
