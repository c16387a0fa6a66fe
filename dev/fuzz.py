"""Schemathesis over the description, against a stack of its own: every check that it has.

`python -m dev.fuzz --examples 40 --seed 1` prints what it did, and what does not hold.
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import Status, events, from_schema
from schemathesis.hooks import HookContext, unregister

from dev.engines import OneAtATime
from dev.fuzz_data import Grounds
from dev.merchant import open_shop
from dev.settings import REGION, TABLE
from dev.stack import Stack, Wanted

MOST_ITEMS = 150  # moto copies its table for each write group
REFUSED = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429]
# A request that fits its schema may still not fit the shop: 400 names what, 402 is the provider's.
UNFIT = ["2xx", 400, 401, 402, 403, 404, 409, 412, 422, 429]


@dataclass
class Told:
    """What a run has done and found: of the `fitting` requests, which are as their schema says,
    some are `accepted`."""

    cases: int = 0
    fitting: int = 0
    accepted: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def fuzzed(stack: Stack, *, examples: int, seed: int, thorough: bool = True) -> Told:
    """Run every check over every operation. `thorough` also tries each edge of each schema, each
    undeclared method, and goes on from answers to the requests that need them."""
    shop = open_shop()
    kept = set(_items())
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "base-url": stack.api_url,
            "headers": {"Authorization": f"Bearer {shop.secret_key}"},
            "continue-on-failure": True,
            "generation": {"max-examples": examples, "database": "none"},
            "phases": {
                "coverage": {"enabled": thorough},
                "stateful": {"enabled": thorough},
            },
            "checks": {
                "negative_data_rejection": {"expected-statuses": REFUSED},
                "positive_data_acceptance": {"expected-statuses": UNFIT},
            },
        }
    )
    grounds = Grounds(seed)

    def before_call(
        context: HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]
    ) -> None:
        grounds.ground(case)

    def after_call(context: HookContext, case: schemathesis.Case[Any], response: Response) -> None:
        grounds.learn(response)
        _tidy(kept)

    told = Told()
    with _hooked(before_call, after_call):
        schema = schemathesis.openapi.from_url(f"{stack.api_url}/openapi.json", config=config)
        for event in from_schema(schema).execute():
            _hear(event, told)
    return told


@contextmanager
def _hooked(*hooks: Callable[..., None]) -> Iterator[None]:
    for each in hooks:
        schemathesis.hook(each)
    try:
        yield
    finally:
        for each in hooks:
            unregister(each)


def _hear(event: events.EngineEvent, told: Told) -> None:
    if isinstance(event, events.NonFatalError):
        told.errors.append(f"{event.label}: {event.value!r}")
    if isinstance(event, events.FatalError):
        told.errors.append(repr(event.exception))
    if not isinstance(event, events.ScenarioFinished):
        return
    told.cases += len(event.recorder.interactions)
    for id, interaction in event.recorder.interactions.items():
        if interaction.response is None:
            continue
        told.statuses[interaction.response.status_code] += 1
        case = event.recorder.cases.get(id)
        if case and case.value.meta and case.value.meta.generation.mode.is_positive:
            told.fitting += 1
            told.accepted += interaction.response.status_code < 300
    for nodes in event.recorder.checks.values():
        for node in nodes:
            told.checks[node.name] += 1
            if node.status is Status.FAILURE and node.failure_info is not None:
                failure = node.failure_info.failure
                name = f"{event.recorder.label}: {failure.title}: {failure.message[:160]}"
                told.failures.setdefault(name, node.failure_info.code_sample)


def _items() -> dict[Any, Any]:
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].get_table(TABLE)
    found: dict[Any, Any] = table.items
    return found


def _tidy(kept: set[Any]) -> None:
    """The oldest of what a run has made goes, between two requests."""
    with OneAtATime.lock:
        items = _items()
        made = [each for each in items if each not in kept]
        for each in made[: max(0, len(made) - MOST_ITEMS)]:
            del items[each]


@contextmanager
def unhurried() -> Iterator[None]:
    """As many sessions as it likes from one address."""
    os.environ["TAUTAN_SESSIONS_PER_ADDRESS"] = "0"
    try:
        yield
    finally:
        del os.environ["TAUTAN_SESSIONS_PER_ADDRESS"]


def main() -> int:
    """Run, and print one JSON object and each failure; 1 when something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with unhurried(), Stack(Wanted()) as stack:
        told = fuzzed(stack, examples=wanted.examples, seed=wanted.seed)
    print(
        json.dumps(
            {
                "cases": told.cases,
                "fitting": told.fitting,
                "accepted": told.accepted,
                "statuses": dict(sorted(told.statuses.items())),
                "checks": dict(told.checks),
                "failures": len(told.failures),
            }
        )
    )
    for name, sample in told.failures.items():
        print(f"\n{name}\n  {sample}")
    for error in told.errors:
        print(f"\n{error}", file=sys.stderr)
    return 1 if told.failures or told.errors else 0


if __name__ == "__main__":
    sys.exit(main())
