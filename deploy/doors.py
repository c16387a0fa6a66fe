"""Each merchant's endpoint at WooshPay delivers to the door of this stage."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib import bootstrap
from chalicelib.bootstrap import App
from chalicelib.config import settings_from
from chalicelib.domain.errors import PspError
from chalicelib.domain.ids import Tenant
from chalicelib.domain.provider_account import door_of
from chalicelib.usecases.psp_endpoints import PspEndpoints
from deploy.target import Target
from deploy.telling import Telling


@dataclass(frozen=True, slots=True)
class Doors:
    """Whose doors were seen to, and whose could not be, for WooshPay did not answer."""

    open: Sequence[Tenant]
    unknown: Sequence[Tenant]


def open_doors(target: Target, settings: Mapping[str, str], telling: Telling) -> Doors:
    """WooshPay delivers every merchant's webhooks to the door that the settings name."""
    app = _app(target, settings)
    opened, unknown = [], []
    for tenant in _connected(app):
        try:
            url = app.settings.psp_webhook(tenant.merchant)
            moved = _stories(app).move(tenant, url, app.clock())
        except PspError as error:
            telling.note(f"{_name(tenant)}: WooshPay does not answer: {error}")
            unknown.append(tenant)
            continue
        opened.append(tenant)
        (telling.made if moved.made else telling.same)(f"webhook of {_name(tenant)}")
        for each in moved.removed:
            telling.removed(f"webhook of {_name(tenant)} at {each.url}")
        for each in moved.still:
            telling.note(f"{each.url} delivers too, for 72 hours; then run this again")
    return Doors(opened, unknown)


def close_doors(target: Target, settings: Mapping[str, str], telling: Telling) -> None:
    """WooshPay delivers to no merchant's door any more."""
    app = _app(target, settings)
    for tenant in _connected(app):
        door = door_of(tenant.merchant)
        try:
            for each in app.psps(tenant).webhook_endpoints():
                if each.url.endswith(door):
                    app.psps(tenant).delete_webhook(each.id)
                    telling.removed(f"webhook of {_name(tenant)} at {each.url}")
        except PspError as error:
            telling.note(f"{_name(tenant)}: its webhook stays at WooshPay: {error}")


def _app(target: Target, settings: Mapping[str, str]) -> App:
    """The application of the stage, on this machine; AWS is where the operator's settings say."""
    ours = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return bootstrap.build(settings_from({**ours, "AWS_REGION": target.region, **settings}))


def _connected(app: App) -> Iterator[Tenant]:
    for tenant in app.night.tenants():
        if app.secrets.wooshpay_key(tenant) is not None:
            yield tenant


def _stories(app: App) -> PspEndpoints:
    return PspEndpoints(app.psps, app.secrets, app.mint)


def _name(tenant: Tenant) -> str:
    return f"{tenant.merchant} ({'live' if tenant.livemode else 'test'})"
