"""Products and prices."""

from chalice.app import Blueprint

from chalicelib.domain.api_keys import Scope
from chalicelib.usecases import catalog, listing
from chalicelib.web import on_demand, render
from chalicelib.web.endpoint import Answer, MerchantCall, merchant_route

routes = Blueprint(__name__)


@merchant_route(routes, "POST", "/v1/products", needs=Scope.PRODUCTS_WRITE)
def create_product(call: MerchantCall) -> Answer:
    new = call.given(on_demand.catalog_schemas.ProductData).new()
    return call.created(
        lambda asking: catalog.create_product(call.app.store, call.app.mint, asking, new),
        lambda product: render.product(call.tenant, product),
    )


@merchant_route(routes, "GET", "/v1/products/{id}", needs=Scope.PRODUCTS_READ)
def retrieve_product(call: MerchantCall) -> Answer:
    product = catalog.retrieve_product(call.app.store, call.tenant, call.path["id"])
    return Answer(render.product(call.tenant, product))


@merchant_route(routes, "POST", "/v1/products/{id}", needs=Scope.PRODUCTS_WRITE)
def update_product(call: MerchantCall) -> Answer:
    told = call.given(on_demand.catalog_schemas.ProductUpdate)
    stock = told.inventory.change() if told.inventory else None
    return call.created(
        lambda asking: catalog.update_product(
            call.app.store, asking, call.path["id"], told.changes(), stock
        ),
        lambda product: render.product(call.tenant, product),
    )


@merchant_route(routes, "GET", "/v1/products", needs=Scope.PRODUCTS_READ, listed=True)
def list_products(call: MerchantCall) -> Answer:
    asked = call.asked(on_demand.list_queries.Products)
    part = call.part("prod", asked)
    found = listing.list_products(call.app.store, call.tenant, part, asked.active, asked.ids)
    return Answer(
        render.listed(found, "/v1/products", lambda item: render.product(call.tenant, item))
    )


@merchant_route(routes, "POST", "/v1/prices", needs=Scope.PRICES_WRITE)
def create_price(call: MerchantCall) -> Answer:
    new = call.given(on_demand.catalog_schemas.PriceData).new()
    return call.created(
        lambda asking: catalog.create_price(call.app.store, call.app.mint, asking, new),
        lambda price: render.price(call.tenant, price),
    )


@merchant_route(routes, "GET", "/v1/prices/{id}", needs=Scope.PRICES_READ)
def retrieve_price(call: MerchantCall) -> Answer:
    price = catalog.retrieve_price(call.app.store, call.tenant, call.path["id"])
    return Answer(render.price(call.tenant, price))


@merchant_route(routes, "POST", "/v1/prices/{id}", needs=Scope.PRICES_WRITE)
def update_price(call: MerchantCall) -> Answer:
    told = call.given(on_demand.catalog_schemas.PriceUpdate)
    return call.created(
        lambda asking: catalog.update_price(
            call.app.store, asking, call.path["id"], told.changes()
        ),
        lambda price: render.price(call.tenant, price),
    )


@merchant_route(routes, "GET", "/v1/prices", needs=Scope.PRICES_READ, listed=True)
def list_prices(call: MerchantCall) -> Answer:
    asked = call.asked(on_demand.list_queries.Prices)
    part, which = call.part("price", asked), asked.which()
    found = listing.list_prices(call.app.store, call.tenant, part, asked.product, which)
    return Answer(render.listed(found, "/v1/prices", lambda item: render.price(call.tenant, item)))
