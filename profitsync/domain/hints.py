"""What a webhook leaves behind: not data, only word that something changed at a source."""

from dataclasses import dataclass
from datetime import datetime

ORDER = "order"  # the record is the digits of a Shopify order
DELETED_ORDER = "deletedOrder"  # the same, and Shopify says that it is gone
SHIPMENT = "shipment"  # the record is an AWB or a channel order id


@dataclass(frozen=True, slots=True)
class Hint:
    """One record of one merchant to be read again. Hints of the same record are one: the latest."""

    user_id: str
    kind: str
    record: str
    noted_at: datetime
    mark: str  # tells it from a later hint of the same record
