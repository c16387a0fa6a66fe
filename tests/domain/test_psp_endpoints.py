"""What is wrong with the webhook endpoints of an account, as far as ours goes."""

from dataclasses import replace

import pytest

from chalicelib.domain.provider_account import EVENTS, PspEndpoint, endpoint_problems
from tests.builders import NOW

URL = "https://pay.example/webhooks/wooshpay/acct_1"
GOOD = PspEndpoint(id="we_1", url=URL, enabled_events=EVENTS, enabled=True, created=NOW)
OTHER = replace(GOOD, id="we_9", url="https://elsewhere.example", enabled=False, enabled_events=())


@pytest.mark.parametrize(
    ("endpoints", "problems"),
    [
        ((GOOD,), []),
        ((OTHER, GOOD), []),
        ((replace(GOOD, enabled_events=("*",)),), []),
        ((replace(GOOD, enabled_events=(*reversed(EVENTS), "payout.paid")),), []),
        ((), [f"no endpoint delivers to {URL}"]),
        ((OTHER,), [f"no endpoint delivers to {URL}"]),
        ((replace(GOOD, url=URL + "/"),), [f"no endpoint delivers to {URL}"]),
        ((replace(GOOD, enabled=False),), ["we_1 is disabled"]),
        (
            (replace(GOOD, enabled_events=EVENTS[2:]),),
            [f"we_1 does not deliver {EVENTS[0]}, {EVENTS[1]}"],
        ),
        (
            (replace(GOOD, enabled=False, enabled_events=EVENTS[1:]),),
            ["we_1 is disabled", f"we_1 does not deliver {EVENTS[0]}"],
        ),
        ((GOOD, replace(GOOD, id="we_2")), ["we_1, we_2 deliver everything 2 times"]),
        (
            (GOOD, OTHER, replace(GOOD, id="we_2", enabled=False)),
            ["we_2 is disabled", "we_1, we_2 deliver everything 2 times"],
        ),
    ],
)
def test_each_problem_is_named(endpoints: tuple[PspEndpoint, ...], problems: list[str]) -> None:
    assert endpoint_problems(endpoints, URL) == problems


def test_money_refunds_disputes_and_the_end_of_pages_are_told() -> None:
    assert {event.rpartition(".")[0] for event in EVENTS} == {
        "payment_intent", "charge.refund", "charge.dispute", "checkout.session",
    }  # fmt: skip
    assert len(set(EVENTS)) == len(EVENTS)
