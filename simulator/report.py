"""What came of many histories, as tables for people and as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.exhaustive import Enumerated
from simulator.history import Outcome
from simulator.killing import Hunted
from simulator.strokes import EVERY

NUMBERS = ("histories", "operations", "steps", "store_calls", "psp_calls", "digest")
GOALS: Mapping[str, tuple[str, ...]] = {
    "over-refund refused": ("over-refund refused",),
    "refund in progress refused": ("refused RefundInProgress",),
    "UNKNOWN to POSTED": ("unknown to posted",),
    "UNKNOWN to VOIDED": ("unknown to voided",),
    "in doubt, found to have happened": ("sending to posted",),
    "PENDING_PSP to POSTED": ("pending_psp to posted",),
    "PENDING_PSP to VOIDED": ("pending_psp to voided",),
    "REVERSED": ("posted to reversed",),
    "VOIDED to POSTED": ("voided to posted",),
    "DEFERRED to APPLIED": ("event deferred to applied",),
    "STALE asked and ended": (
        *("event stale to applied", "event stale to ignored", "event stale to quarantined"),
    ),
    "surplus payment": ("surplus payment",),
    "late payment": ("late payment",),
    "external refund": ("external refund",),
    "dispute blocks a refund": ("refused RefundBlockedByDispute",),
    "zombie woke": ("woke from the dead",),
    "zombie fenced": ("zombie fenced",),
    "answer replayed": ("answer replayed",),
    "key in use": ("refused IdempotencyKeyInUse",),
    "key reused": ("refused IdempotencyKeyReused",),
    "link sold out": ("refused PaymentLinkLimitReached",),
    "stock held": ("stock held",),
    "out of stock": ("refused OutOfStock",),
    "pieces added": ("pieces added",),
    "token forgotten": ("token forgotten",),
}


def goals_of(total: Outcome) -> dict[str, int]:
    """How often each thing happened that should sometimes happen."""
    seen = total.goals + total.faults + total.hits
    return {goal: sum(seen[name] for name in names) for goal, names in GOALS.items()}


def tables(total: Outcome, seconds: float, first: int) -> str:
    """The numbers of a run."""
    rate, last = total.histories / seconds, first + total.histories - 1
    lines = [
        f"seeds {first} to {last}: {total.histories} histories, {total.operations} operations, "
        f"{total.steps} steps",
        f"{rate:,.1f} histories/s, {total.store_calls / seconds:,.0f} store calls/s, "
        f"{total.psp_calls / seconds:,.0f} provider calls/s, digest {total.digest}",
        *columns("faults", dict(total.faults.most_common())),
        *columns("crash points", {name: total.hits[name] for name in EVERY}),
        *columns("sometimes", goals_of(total)),
        f"violations: {len(total.failures)}; next seed {last + 1}",
    ]
    return "\n".join(lines)


def columns(title: str, counts: Mapping[str, int], across: int = 3) -> list[str]:
    """A titled table of counts."""
    cells = [f"{name:34}{count:>9,}" for name, count in counts.items()]
    rows = [cells[at : at + across] for at in range(0, len(cells), across)]
    return ["", title, *("  " + "  ".join(row).rstrip() for row in rows), ""]


def pairs_table(found: Sequence[Enumerated], most: int) -> str:
    """How many schedules of each pair were told."""
    names = f"  {'pair':28}{'schedules':>10}{'crash at':>10}{'with a crash':>14}{'violations':>12}"
    lines = [f"two actors, at most {most} preemptions", names]
    for each in found:
        lines.append(
            f"  {each.pair:28}{each.schedules:>10,}{each.positions:>10,}{each.with_crash:>14,}"
            f"{len(each.failures):>12,}"
        )
    return "\n".join(lines)


def mutants_table(hunted: Sequence[Hunted]) -> str:
    """Which mutant was killed by which seed."""
    lines = ["mutants"]
    for each in hunted:
        end = f"seed {each.seed}" if each.seed is not None else "SURVIVED"
        lines.append(f"  {each.name:36}{end:>14}  after {each.histories:>5}  {each.what[:90]}")
    killed = sum(each.seed is not None for each in hunted)
    lines.append(f"  {killed} of {len(hunted)} killed")
    return "\n".join(lines)


def as_json(total: Outcome, seconds: float, first: int) -> dict[str, Any]:
    """The same for machines."""
    return {
        **{name: getattr(total, name) for name in NUMBERS},
        "faults": dict(total.faults),
        "crash_points": {name: total.hits[name] for name in EVERY},
        "violations": [str(each) for each in total.failures],
        "first_seed": first,
        "seconds": round(seconds, 2),
        "goals": goals_of(total),
    }
