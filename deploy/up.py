"""`make deploy`: a stage is as this commit and the operator's choices say; run again, it changes
nothing. What Chalice cannot make is CloudFormation's: docs/decisions/0033."""

from collections.abc import Mapping, Sequence

from deploy import api, chalice_cli, parameters, project, running, stacks
from deploy.adopting import adopt
from deploy.choices import Choices, chosen
from deploy.doors import open_doors
from deploy.functions import REFUND, aws_name, by_logical_name
from deploy.parameters import Deployed
from deploy.smoke import smoke
from deploy.target import Target
from deploy.telling import Refused, Telling
from deploy.templates import composed


def data_stack(target: Target) -> str:
    """The table: what `make destroy` leaves."""
    return f"tautan-{target.stage}-data"


def base_stack(target: Target) -> str:
    """What the functions need to be there before them."""
    return f"tautan-{target.stage}-base"


def watch_stack(target: Target) -> str:
    """What needs the functions: the webhook's address, the alarms, the dashboard."""
    return f"tautan-{target.stage}-watch"


def up(target: Target, given: Sequence[str], alarm_email: str | None, telling: Telling) -> None:
    """Deploy. Raises Refused, and can then be run again."""
    print(f"Stage {target.stage}, account {target.account}, region {target.region}")
    config = project.configured(target.stage)
    choices = chosen(target, given, alarm_email, telling)
    stage = {"Stage": target.stage}
    stacks.ensure(target, data_stack(target), composed("table"), stage, telling)
    queues = stacks.ensure(target, base_stack(target), composed("queues", "logs"), stage, telling)
    state = parameters.deployed(target)
    address = api.reserve(target, state, config, telling)
    settings = settings_of(target, choices, address, queues["EventsQueueUrl"])
    _functions(target, settings, state, telling)
    api.complete(target, state, telling)
    names = by_logical_name(target.stage)
    watch = composed("door", "alarms", "dashboard", functions=names)
    values = {**stage, **names, "AlarmEmail": choices.alarm_email}
    door = stacks.ensure(target, watch_stack(target), watch, values, telling)
    # The functions need not know the door's address: whoever registers it at WooshPay does.
    known = {"TAUTAN_WEBHOOK_URL": door["WebhookAddress"].rstrip("/"), **settings}
    doors = open_doors(target, known, telling)
    smoke(target, known, doors.open[0].merchant if doors.open else "nobody", telling)
    _tell(target, known)
    telling.end()
    if doors.unknown:
        raise Refused("WooshPay did not answer for every merchant; run this again")


def settings_of(
    target: Target, choices: Choices, address: str, queue_url: str
) -> Mapping[str, str]:
    """The environment of the functions; what was chosen wins over the API's own address."""
    told = {
        "TAUTAN_PUBLIC_URL": address,
        **choices.settings,
        "TAUTAN_STAGE": target.stage,
        "TAUTAN_TABLE": f"tautan-{target.stage}",
        "TAUTAN_EVENT_QUEUE_URL": queue_url,
        "TAUTAN_REFUND_FUNCTION": aws_name(target.stage, REFUND),
    }
    return dict(sorted(told.items()))  # in whatever order they were chosen


def _functions(
    target: Target, settings: Mapping[str, str], state: Deployed, telling: Telling
) -> None:
    """Functions, roles, schedules and the REST API, by `chalice deploy`, when they are not yet so.

    Chalice would send the same code and publish the API again each time.
    """
    staged = project.staged(target.stage, target.region, target.account, settings)
    names = by_logical_name(target.stage).values()
    wanted = chalice_cli.digest(staged)
    as_deployed = state.running == running.digest(target, names)
    if state.staged == wanted and as_deployed:
        telling.same(f"{len(names)} functions, their roles and schedules, the API's routes")
        return
    if state.staged == wanted:
        telling.note("what runs has been changed since by somebody else")
    adopt(target, state)
    chalice_cli.give_record(staged, target, state.chalice)
    chalice_cli.run(staged, target.stage, target.region, "deploy")
    state.chalice = chalice_cli.take_record(staged, target)
    state.staged, state.running = wanted, running.digest(target, names)
    parameters.keep_deployed(target, state)
    telling.changed(f"{len(names)} functions, their roles and schedules, the API's routes")


def _tell(target: Target, known: Mapping[str, str]) -> None:
    print(f"API and pages  {known['TAUTAN_PUBLIC_URL']}")
    print(f"Webhooks       {known['TAUTAN_WEBHOOK_URL']}/webhooks/wooshpay/<merchant>")
    print("python -m ops works on this stage with:")
    for name, value in sorted({**known, "AWS_REGION": target.region}.items()):
        print(f"  export {name}='{value}'")
