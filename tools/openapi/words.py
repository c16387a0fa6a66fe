"""What the description says in sentences."""

ABOUT = """\
WooshPay's dialect, which is Stripe's. Bodies are JSON, or forms with brackets \
(`line_items[0][price]=…`); unknown parameters are refused by name.

**Amounts** are integers in the currency's smallest unit, which for IDR is the whole rupiah. \
**Instants** are milliseconds since 1970.

**Keys.** `Authorization: Bearer sk_…` (or `rk_…`, a restricted key), or the key as Basic user \
name. Test keys and live keys see different objects.

**Idempotency.** Every POST takes an `Idempotency-Key`, 1 to 128 letters, digits, `_` or `-`: the \
same request again gets the same answer, with `Idempotency-Replayed: true`. A refund needs one, or \
says by `expected_remaining` what it expects to be left.

**Lists** are newest first: `limit`, `starting_after` or `ending_before` an id, `created` or \
`created[gte]` and the like. `has_more` says whether to go on.

**Expanding.** `expand[]=payment_intent` puts the object where its id stands, up to four deep: \
`expand[]=data.payment_intent` in a list. A POST takes it in its query, or in its body.

**Errors** have one shape: `code` is stable, `message` is for developers, `user_message` is \
Indonesian for people, `param` names what is to blame. All codes: [/docs/errors](docs/errors). \
Each answer has a `Request-Id`.
"""

RESOURCES = {
    "account": "The merchant's own account: name, branding, contact, policies.",
    "products": "What is sold.",
    "prices": "What a product costs. An amount never changes: make another price.",
    "payment_links": "Permanent links to share in a chat.",
    "checkout_sessions": "One shopper's way through a payment.",
    "payment_intents": "Payments by the Direct API, and every payment seen as one.",
    "payment_methods": "What each payment method takes and gives back.",
    "refunds": "Money given back, under the wallet's rules.",
    "events": "What happened, each with its object as it was then.",
    "webhook_endpoints": "Where the merchant's systems are told of events, signed.",
}

SUMMARIES = {
    "retrieve_account": "Retrieve the account",
    "update_account": "Update the account",
    "create_session": "Create a checkout session",
    "retrieve_session": "Retrieve a checkout session",
    "list_sessions": "List checkout sessions",
    "list_session_items": "List a session's lines",
    "expire_session": "End a checkout session",
    "list_link_items": "List a link's lines",
    "create_intent": "Create a payment intent",
    "retrieve_intent": "Retrieve a payment intent",
    "list_intents": "List payment intents",
    "cancel_intent": "Cancel a payment intent",
    "get_refund": "Retrieve a refund",
    "retry_event": "Send an event to a webhook endpoint once more",
    "roll_secret": "Give a webhook endpoint a new secret",
    "list_deliveries": "List what came of telling a webhook endpoint",
    "list_capabilities": "List the rules of the payment methods",
}
