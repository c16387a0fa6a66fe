"""Lines and metrics by themselves: what is listed, what CloudWatch takes, what a flood costs."""

import json
import logging
from pathlib import Path

import pytest

from chalicelib import log, version
from chalicelib.emf import Metric, embedded
from tests.logged import Captured
from tests.web.metric_format import wrong_with
from tests.web.samples import signed
from tests.web.world import Merchant, World

NOW = 1_795_676_700_000
COUNTED = {Metric.PAYMENTS: "paid", Metric.REFUNDS: "posted"}


@pytest.mark.usefixtures("world")
def test_a_field_that_is_not_listed_is_refused(captured: Captured) -> None:
    log.line("thing.done", session="cs_1", body="kenari")  # type: ignore[call-arg]
    log.line("thing.done", session="cs_1", request_id=None)
    assert captured.told == [{"event": "thing.done", "session": "cs_1"}] * 2


@pytest.mark.usefixtures("world")
def test_no_line_is_long_or_more_than_one(captured: Captured) -> None:
    log.line("thing.done", outcome="a\nb" * 1000)
    (line,) = captured.lines
    assert "\n" not in line
    assert json.loads(line) == {"event": "thing.done", "outcome": ("a\nb" * 1000)[:200]}


@pytest.mark.usefixtures("world")
def test_what_is_said_within_a_request_names_it(captured: Captured) -> None:
    with log.request("req_1"):
        log.line("thing.done")
        log.line("thing.done", request_id="req_2")
    log.line("thing.done")
    assert [told.get("request_id") for told in captured.told] == ["req_1", "req_2", None]


@pytest.mark.usefixtures("world")
def test_nothing_is_said_below_the_level(captured: Captured) -> None:
    logging.getLogger("tautan.requests").setLevel("ERROR")
    log.line("thing.done", {Metric.DISCREPANCIES: 1})
    log.failure("req_1", KeyError("kenari"))
    (told,) = captured.told
    assert told == {"event": "request.failed", "request_id": "req_1", "error": "KeyError", "at": []}


@pytest.mark.parametrize("metric", Metric)
def test_cloudwatch_takes_each_metric(metric: Metric) -> None:
    members = embedded("dev", NOW, {metric: 1.5}, COUNTED.get(metric))
    assert wrong_with(json.dumps(members), NOW) == []
    assert members[metric.value] == 1.5


def test_metrics_of_different_dimensions_share_a_line() -> None:
    values = {Metric.PAYMENTS: 1.0, Metric.DISCREPANCIES: 1.0, Metric.WEBHOOK_LAG: 12.0}
    members = embedded("prod", NOW, values, "paid")
    assert members == {
        "_aws": {
            "Timestamp": NOW,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Tautan",
                    "Dimensions": [("Stage", "Status")],
                    "Metrics": [{"Name": "Payments"}],
                },
                {
                    "Namespace": "Tautan",
                    "Dimensions": [("Stage",)],
                    "Metrics": [
                        {"Name": "Discrepancies"},
                        {"Name": "WebhookLag", "Unit": "Milliseconds"},
                    ],
                },
            ],
        },
        "Stage": "prod",
        "Status": "paid",
        "Payments": 1.0,
        "Discrepancies": 1.0,
        "WebhookLag": 12.0,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"Payments": "1"},
        {"Payments": True},
        {"Stage": 1},
        {"Status": ""},
        {"_aws": {"Timestamp": NOW}},
        {"_aws": {"Timestamp": NOW / 7, "CloudWatchMetrics": []}},
    ],
)
def test_what_cloudwatch_would_not_take_is_noticed(changes: dict[str, object]) -> None:
    members = {**embedded("dev", NOW, {Metric.PAYMENTS: 1}, "paid"), **changes}
    assert wrong_with(json.dumps(members), NOW) != []


def test_a_flood_is_told_of_in_few_lines_that_count_the_rest() -> None:
    sampled = log.Sampled(most=2, window_s=10)
    said = [sampled.left_out("bad", now) for now in (0, 1, 2, 3, 9.9, 10, 11, 12, 30)]
    assert said == [0, 0, None, None, None, 3, 0, None, 1]
    assert sampled.left_out("worse", 12) == 0


def test_strangers_at_the_webhook_door_are_counted_and_few_are_told_of(
    world: World, a: Merchant, captured: Captured
) -> None:
    world.app.secrets.webhook_secrets(a.tenant.merchant)
    log.set_up("INFO", "dev")
    body = b'{"id": "evt_1"}'
    for _ in range(25):
        assert world.knock(a, body, signed("whsec_kenarikenarikenarikenari", body)).status == 400
    lines = captured.of("request.answered")
    assert len(lines) == 20
    assert captured.metrics() == [("WebhookRefused", None, 1)] * 20
    captured.records.clear()
    log._strangers._window_s = 0
    world.knock(a, body, None)
    assert captured.metrics() == [("WebhookRefused", None, 6)]
    assert captured.told[-1]["unlogged"] == 5
    log.set_up("INFO", "dev")


def test_health_says_which_commit_runs(world: World) -> None:
    alive = {"status": "ok", "stage": "dev"}
    assert world.public.get("/healthz").ok() == {**alive, "version": "unbundled"}


def test_a_bundle_knows_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "__file__", f"{tmp_path}/version.py")
    (tmp_path / "VERSION").write_text("0a1b2c3\n")
    version.version.cache_clear()
    assert version.version() == "0a1b2c3"
    version.version.cache_clear()
