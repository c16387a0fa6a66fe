"""Items packed into bytes, for what is kept to be read and never to be searched.

DEFLATE begins with a dictionary of what such items usually say, so that what is packed is little
more than the ids and names in it. The first byte is the dictionary's number: what was packed with
one is read with that one, so a dictionary that was ever in use is never changed or taken out.
"""

import json
import zlib
from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.writes import Value

_SMALL = {"wbits": -12, "memLevel": 5}  # a window of 4 KB: preparing the usual 32 KB takes longer
_USUAL = 1
# The likeliest last: what is nearest is named in the fewest bits.
_DICTIONARIES = {
    _USUAL: b'"enabled_events":["*"],"url":"https://"disabled_reason":"failing_since":"secret":'
    b'{"kind":"webhook_endpoint","schema":1,"id":"we_01{"kind":"merchant","schema":1,"id":"acct_01'
    b'"branding":"policies":"contact":"description":"images":["https://"],"tracked":true,'
    b'"available":"reserved":"nickname":"lookup_key":"inactive_message":"limit":"uses_remaining":'
    b'"completed":0,"collect":{"name":"required","phone":"shipping_address":"optional"'
    b'{"kind":"payment_link","schema":1,"id":"plink_01","slug":"'
    b'{"kind":"refund","schema":1,"id":"re_01","merchant":"acct_01","livemode":false,"payment":"01'
    b'"intent":"pi_","amount":"currency":"IDR","created":17,"status":"reserved","status":"posted",'
    b'"reason":"requested_by_customer","metadata":{},"lease_owner":"01","lease_until":17'
    b'"attempts":1,"in_doubt":false,"psp_refund":"re_","by_amount":false,"failure":"'
    b'"origin":"api","claim":["refunds","sent_at":17,"absent_since":'
    b'"success_url":"https://"cancel_url":"https://"client_reference_id":"customer_email":"'
    b'"passed_on":{"customer":{"name":"phone":"+628"email":"address":{"line1":"Jl. "village":"'
    b'"district":"city":"state":"postal_code":"country":"ID"},"custom_fields":[{"key":"label":"'
    b'"type":"text","value":"option":"utm":{"after_completion":{"holds_link":true,"stock":{"prod_01'
    b'"direct":{"method":"review":{"reason":"use":"held","use":"spent","refund_inflight":"re_01'
    b'"payment_status":"failed","payment_status":"expired"'
    b'{"kind":"payment","schema":1,"id":"01","merchant":"acct_01","livemode":true,"created":17'
    b',"amount":0,"currency":"IDR","items":[{"id":"li_01","product":{"kind":"product","schema":1,'
    b'"id":"prod_01","name":"","created":17,"updated":17,"active":true,"images":[],"metadata":{}},'
    b'"price":{"kind":"price","schema":1,"id":"price_01","product":"prod_01","unit_amount":000,'
    b'"currency":"IDR","created":17,"updated":17,"active":true,"metadata":{}},"quantity":1}],'
    b'"payment_method_types":["dana"],"expires_at":17,"secret":"","payment_link":"plink_01",'
    b'"slug":"","metadata":{},"counted":true,"psp_session":"cs_","psp_intent":"pi_","psp_url":'
    b'"https://checkout.wooshpay.com/pay/cs_live_","https://checkouttest.wooshpay.com/pay/cs_test_'
    b'?key=pk_live_?key=pk_test_","payment_status":"unpaid","rank":0,"payment_status":"paid",'
    b'"rank":3,"captured":0,"remaining":0,"refund_pending":0,"refunded":0,"method":"dana",'
    b'"paid_at":17,"disputed":false,"disputes":{},"seq":0,"seq":1,"due_at":17'
}


def packed(item: Mapping[str, Value]) -> bytes:
    """The item as bytes; nothing in it is bytes."""
    text = json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()
    shrinking = zlib.compressobj(**_SMALL, zdict=_DICTIONARIES[_USUAL])
    return bytes([_USUAL]) + shrinking.compress(text) + shrinking.flush()


def unpacked(data: bytes) -> dict[str, Any]:
    """What `packed` was given."""
    growing = zlib.decompressobj(_SMALL["wbits"], zdict=_DICTIONARIES[data[0]])
    text = growing.decompress(data[1:]) + growing.flush()
    found: dict[str, Any] = json.loads(text.decode())
    return found
