"""Tautan on Chalice: the doors, and nothing else."""

from chalice.app import Chalice

from chalicelib.jobs import deliver, reconcile, refund, webhook
from chalicelib.web import (
    account,
    assets,
    capabilities,
    catalog,
    checkout,
    description,
    events,
    health,
    payment_intents,
    payment_links,
    pictures,
    refunds,
    storefront,
    webhook_endpoints,
    webhooks,
)
from chalicelib.web.chalice_errors import one_envelope
from chalicelib.web.forwarding import refunds_elsewhere

app = Chalice(app_name="tautan", configure_logs=False)
app.debug = False
app.api.binary_types = ["*/*"]  # why: chalicelib/web/sending.py
app.register_middleware(one_envelope, "http")
app.register_middleware(refunds_elsewhere, "http")
ROOMS = (
    account,
    catalog,
    payment_links,
    checkout,
    payment_intents,
    capabilities,
    refunds,
    events,
    webhook_endpoints,
    webhooks,
    storefront,
    pictures,
    assets,
    description,
    health,
    webhook,
    refund,
    deliver,
    reconcile,
)
for room in ROOMS:
    app.register_blueprint(room.routes)
