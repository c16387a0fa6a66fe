"""Tautan on Chalice: the doors, and nothing else."""

from chalice.app import Chalice

from chalicelib.jobs import reconcile
from chalicelib.web import (
    catalog,
    checkout,
    health,
    payment_links,
    refunds,
    storefront,
    webhooks,
)
from chalicelib.web.chalice_errors import one_envelope

app = Chalice(app_name="tautan", configure_logs=False)
app.debug = False
app.register_middleware(one_envelope, "http")
for room in (catalog, payment_links, checkout, refunds, webhooks, storefront, health, reconcile):
    app.register_blueprint(room.routes)
