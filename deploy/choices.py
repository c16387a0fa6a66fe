"""What the operator has chosen for a stage; said once, kept until said otherwise."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.config import ConfigError, settings_from
from deploy import parameters
from deploy.target import Target
from deploy.telling import Refused, Telling

OURS = ("TAUTAN_STAGE", "TAUTAN_TABLE", "TAUTAN_EVENT_QUEUE_URL", "TAUTAN_REFUND_FUNCTION")


@dataclass(frozen=True, slots=True)
class Choices:
    """Settings of the application (README.md), and who is told of alarms."""

    settings: Mapping[str, str] = field(default_factory=dict)
    alarm_email: str = ""


def chosen(
    target: Target, given: Sequence[str], alarm_email: str | None, telling: Telling
) -> Choices:
    """What was chosen before, with NAME=VALUE over it; NAME= takes one back. Raises Refused."""
    text = parameters.read(target, "choices")
    before = Choices(**json.loads(text)) if text else Choices()
    settings = dict(before.settings)
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or name in OURS:
            raise Refused(f"'{each}' cannot be set: NAME=VALUE, and not {', '.join(OURS)}.")
        settings.pop(name, None)
        if value:
            settings[name] = value
    _check(settings)
    now = Choices(settings, before.alarm_email if alarm_email is None else alarm_email)
    shown = ", ".join(f"{name}={value}" for name, value in sorted(settings.items()))
    if now == before:
        telling.same(f"choices: {shown or 'none'}")
    else:
        kept = {"settings": settings, "alarm_email": now.alarm_email}
        parameters.keep(target, "choices", json.dumps(kept, sort_keys=True))
        telling.changed(f"choices: {shown or 'none'}")
    return now


def _check(settings: Mapping[str, str]) -> None:
    """What the functions would refuse at their cold start is refused before anything is made."""
    usual = {
        "TAUTAN_STAGE": "dev",
        "TAUTAN_TABLE": "tautan-dev",
        "TAUTAN_PUBLIC_URL": "https://pay.example.com",
        "AWS_REGION": "none",
    }
    try:
        settings_from({**usual, **settings})
    except ConfigError as error:
        raise Refused(f"The application would not start: {error}") from error
