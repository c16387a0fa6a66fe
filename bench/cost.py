"""What a thousand paid links cost at AWS, from metered units, measured CPU and measured log lines.

The provider's and the gateway's answers are waited for: those times are assumed (`prices.json`).
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from bench.application import Application
from bench.handlers import function_of
from bench.recording import Operation

HERE = Path(__file__).parent
CONFIG = HERE.parent / ".chalice" / "config.json"
BUDGET = 0.040
VCPU_MB = 1_769  # the memory at which Lambda gives one
VOLUME = 1_000_000  # paid links a month, over which what is paid by the month is spread
MINUTES = 43_200  # of a month
POLLS = 5 * 3 * MINUTES  # Lambda's five pollers ask an idle queue three times a minute
METRICS, ALARMS, DASHBOARDS = 19, 19, 1
# What one paid link takes: performance targets count from this mix.
MIX = {
    "create link": 1.0,
    "open": 2.5,
    "pay": 1.2,
    "webhook": 1.0,
    "webhook again": 0.1,
    "refund": 0.03,
    "list 25": 0.2,
}
DIRECT = ("webhook", "webhook again")  # through a Function URL, which costs nothing
FORWARDED = ("refund",)  # the API's function waits for the one that does it


class Bill:
    """Dollars by what they are paid for."""

    def __init__(self, prices: Mapping[str, Any]) -> None:
        self.prices, self.usd = (
            prices["usd"],
            dict.fromkeys(
                (
                    "dynamodb_writes",
                    "dynamodb_reads",
                    "lambda",
                    "gateway",
                    "queue",
                    "logs",
                    "egress",
                ),
                0.0,
            ),
        )
        self._assumed = prices

    def add(self, of: Operation, times: float, cpu_us: float, memory_mb: int) -> None:
        """An operation, so many times."""
        units, usd = of.units, self.prices
        self.usd["dynamodb_writes"] += times * units.most_writes * usd["dynamodb_write_unit"]
        self.usd["dynamodb_reads"] += times * units.reads * usd["dynamodb_read_unit"]
        seconds = self.seconds(of, cpu_us, memory_mb)
        gb_seconds = seconds * memory_mb / 1024 * usd["lambda_gb_second"]
        runs = 2 if of.name in FORWARDED else 1
        self.usd["lambda"] += times * runs * (usd["lambda_request"] + gb_seconds)
        told, assumed = of.events_told, self._assumed["assumed_bytes"]
        batches = sum(call.service == "sqs" for call in of.calls)
        self.usd["queue"] += times * batches * usd["sqs_request"]
        # Received and deleted one by one, at worst; several of one moment come together.
        self.usd["queue"] += times * told * 2 * usd["sqs_request"]
        lines = sum(len(line.encode()) + assumed["cloudwatch_for_a_line"] for line in of.logged)
        logged = lines + assumed["platform_log_lines"]
        self.usd["logs"] += times * logged / 1e9 * usd["log_gb"]
        self.usd["egress"] += times * of.answered / 1e9 * usd["egress_gb"]
        if of.name not in (*DIRECT, "tell"):
            self.usd["gateway"] += times * usd["rest_api_request"]

    def seconds(self, of: Operation, cpu_us: float, memory_mb: int) -> float:
        """How long it runs: its CPU on its part of a processor, and its waits."""
        waits = self._assumed["assumed_ms"]
        waited = sum(waits[call.operation] for call in of.calls) + waits["provider"] * len(of.asked)
        took: float = cpu_us / 1e6 * max(1, VCPU_MB / memory_mb) + waited / 1e3
        return took


def lines(app: Application, took: Mapping[str, list[float]]) -> Iterator[Mapping[str, Any]]:
    """What each operation costs, all of them in their mix, and what is paid by the month."""
    prices, operations = json.loads((HERE / "prices.json").read_text()), app.recording.operations
    total, events = Bill(prices), 0.0
    for name, times in MIX.items():
        cpu = median(took.get(name) or took["webhook"])
        own = Bill(prices)
        for bill, count in ((own, 1.0), (total, times)):
            bill.add(operations[name], count, cpu, memory_of(name))
        events += times * operations[name].events_told
        yield {"operation": name, "usd_for_1000": _rounded(own.usd)}
    total.add(operations["tell"], events, median(took["tell"]), memory_of("tell"))
    sums = {name: value * 1000 for name, value in total.usd.items()}
    by_month = _by_month(prices)
    spread = sum(by_month.values()) / VOLUME * 1000
    single = _undoubled(operations, events) * prices["usd"]["dynamodb_write_unit"] * 1000
    yield {
        "for": "1,000 paid links",
        "region": prices["region"],
        "prices_of": prices["date"],
        "mix": MIX,
        "events": round(events, 2),
        "usd": {name: round(value, 4) for name, value in sums.items()},
        "usd_total": round(sum(sums.values()), 4),
        "usd_total_if_index_entries_are_not_doubled": round(
            sum(sums.values()) - sums["dynamodb_writes"] + single, 4
        ),
        "budget": BUDGET,
        "met": sum(sums.values()) <= BUDGET,
    }
    yield {
        "for": "a month, whatever is sold",
        "usd": {name: round(value, 2) for name, value in by_month.items()},
        "usd_for_1000_paid_links_at": {f"{VOLUME:,} a month": round(spread, 4)},
    }


def memory_of(operation: str) -> int:
    """The memory of the function that does it, in MB."""
    config = json.loads(CONFIG.read_text())
    usual: int = config["lambda_memory_size"]
    functions = config["lambda_functions"]
    found: int = functions[function_of(operation)].get("lambda_memory_size", usual)
    return found


def _by_month(prices: Mapping[str, Any]) -> dict[str, float]:
    """What runs by the clock and what is watched. A round that finds nothing: eight queries and a
    lease, as good as 50 ms."""
    usd, month = prices["usd"], prices["usd_a_month"]
    rounds = 2 * MINUTES
    reads, writes = 4 * 0.5, 2 * 2
    at_work = 0.05 * memory_of("tell") / 1024 * usd["lambda_gb_second"] + usd["lambda_request"]
    return {
        "schedules": rounds
        * (at_work + reads * usd["dynamodb_read_unit"] + writes * usd["dynamodb_write_unit"]),
        "queue_polls": POLLS * usd["sqs_request"],
        "metrics": METRICS * month["metric"],
        "alarms": ALARMS * month["alarm"],
        "dashboards": DASHBOARDS * month["dashboard"],
    }


def _undoubled(operations: Mapping[str, Operation], events: float) -> float:
    asked = sum(times * operations[name].units.fewest_writes for name, times in MIX.items())
    return asked + events * operations["tell"].units.fewest_writes


def _rounded(usd: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value * 1000, 5) for name, value in usd.items() if value}
