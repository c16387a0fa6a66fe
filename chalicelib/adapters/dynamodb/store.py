"""The store: one method an intent, each write group with its guards on one screen.

The methods stand in rooms by what they are about; storing.py has what they share.
"""

from chalicelib.adapters.dynamodb.store_books import BookStore
from chalicelib.adapters.dynamodb.store_events import EventStore
from chalicelib.adapters.dynamodb.store_refunds import RefundStore
from chalicelib.adapters.dynamodb.store_shop import ShopStore


class DynamoDBStore(ShopStore, RefundStore, BookStore, EventStore):
    """Everything that is kept."""
