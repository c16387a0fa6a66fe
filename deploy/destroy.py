"""`make destroy`: a stage is gone; its table, secrets and choices stay unless told otherwise."""

from deploy import chalice_cli, parameters, project, stacks
from deploy.choices import chosen
from deploy.doors import close_doors
from deploy.target import Target
from deploy.telling import Telling
from deploy.up import base_stack, data_stack, settings_of, watch_stack

EVERY_S, AT_MOST = 2, 300


def destroy(target: Target, telling: Telling, *, data: bool) -> None:
    """Remove the stage; with `data` also what cannot be made again. Raises Refused."""
    print(f"Stage {target.stage}, account {target.account}, region {target.region}")
    choices = chosen(target, (), None, telling)
    state = parameters.deployed(target)
    address = (state.resource("rest_api") or {}).get("rest_api_url", "https://gone.invalid")
    settings = settings_of(target, choices, address, "")
    if data and _has_table(target):
        close_doors(target, settings, telling)
    stacks.remove(target, watch_stack(target), telling)
    if state.chalice:
        laid_out = project.laid_out(target.stage, target.region, target.account, settings)
        chalice_cli.give_record(laid_out, target, state.chalice)
        chalice_cli.run(laid_out, target.stage, target.region, "delete")
        parameters.forget(target, "deployed")
        telling.removed("functions, roles, schedules, REST API")
    stacks.remove(target, base_stack(target), telling)
    if data:
        _data(target, telling)
    else:
        telling.note("kept: the table, the merchants' secrets, the choices")
    telling.end()


def _data(target: Target, telling: Telling) -> None:
    """The table survives its stack, so that no stack can take it along by mistake."""
    stacks.remove(target, data_stack(target), telling)
    store, name = target.client("dynamodb"), f"tautan-{target.stage}"
    if _has_table(target):
        store.update_table(TableName=name, DeletionProtectionEnabled=False)
        store.delete_table(TableName=name)
        store.get_waiter("table_not_exists").wait(
            TableName=name, WaiterConfig={"Delay": EVERY_S, "MaxAttempts": AT_MOST}
        )
        telling.removed(f"table {name}, with every payment")
    for parameter in parameters.forget_all(target):
        telling.removed(f"parameter {parameter}")


def _has_table(target: Target) -> bool:
    store = target.client("dynamodb")
    try:
        store.describe_table(TableName=f"tautan-{target.stage}")
    except store.exceptions.ResourceNotFoundException:
        return False
    return True
