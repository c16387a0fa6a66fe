"""Only the scheduler chooses, kills and lets time pass."""

import pytest

from simulator.scheduler import Actor, Crash, Scheduler, Swallowed


def test_actors_take_turns_as_chosen() -> None:
    scheduler, seen = Scheduler(0, lambda awake: len(awake) - 1), list[str]()

    def life(name: str) -> None:
        for turn in range(2):
            seen.append(f"{name}{turn}")
            scheduler.pause("x", 0)

    for name in "ab":
        scheduler.spawn(Actor(name, "test"), lambda name=name: life(name))  # type: ignore[misc]
    scheduler.run()
    assert seen == ["b0", "b1", "a0", "a1"]


def test_time_jumps_to_the_next_thing_that_happens() -> None:
    scheduler, seen = Scheduler(0, lambda awake: 0), list[int]()
    scheduler.at(500, lambda: seen.append(scheduler.now))
    scheduler.spawn(Actor("a", "test"), lambda: scheduler.pause("sleeps", 1_000))
    scheduler.run()
    assert seen == [500]
    assert scheduler.now == 1_000


def test_nobody_survives_a_crash() -> None:
    scheduler = Scheduler(0, lambda awake: 0)

    def stubborn() -> None:
        try:
            scheduler.crash("here")
        except Crash:
            scheduler.pause("tries to go on")

    scheduler.spawn(Actor("a", "test"), stubborn)
    scheduler.run()
    assert not scheduler.actors


def test_a_crash_that_is_swallowed_is_noticed() -> None:
    scheduler = Scheduler(0, lambda awake: 0)

    def cheat() -> None:
        try:
            scheduler.crash("here")
        except Crash:
            return

    scheduler.spawn(Actor("a", "test"), cheat)
    with pytest.raises(Swallowed):
        scheduler.run()
