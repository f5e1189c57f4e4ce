"""A shipment as a fact: what Shiprocket says about one parcel. Instants are UTC."""

from datetime import datetime
from decimal import Decimal

from profitsync.domain.facts import Fact


class Charges(Fact, frozen=True):
    """The raw parts of a parcel's bill, INR. None is unknown, which is not zero.

    Weights (kg) enter no figure: they explain why a bill differs from what was booked.
    """

    freight: Decimal | None = None  # freight_charges
    cod: Decimal | None = None  # cod_charges
    applied: Decimal | None = None  # applied_weight_amount
    charged: Decimal | None = None  # charged_weight_amount
    applied_rto: Decimal | None = None  # applied_weight_amount_rto
    charged_rto: Decimal | None = None  # charged_weight_amount_rto
    billed: Decimal | None = None  # billing_amount
    applied_weight: Decimal | None = None  # as entered at booking
    charged_weight: Decimal | None = None  # as measured by the courier


class ShipmentLine(Fact, frozen=True):
    """Units of one item in the parcel, matched to the order by SKU."""

    sku: str
    quantity: int
    price: Decimal | None = None


class FirstSeen(Fact, frozen=True):
    """When a state was first seen by us, or at the latest was reached; kept for ever once set.

    The API does not date every state.
    """

    ndr: datetime | None = None
    rto: datetime | None = None
    rto_delivered: datetime | None = None
    delivered: datetime | None = None
    lost: datetime | None = None


class Shipment(Fact, frozen=True):
    """One parcel. `status` is the carrier's raw text; its class is derived, never stored."""

    id: str
    order_id: str  # Shiprocket's own order id
    order_name: str  # channel_order_id as given: the Shopify order name, with or without "#"
    created_at: datetime
    status: str = ""  # raw text; "" when the API gave none
    status_code: int | None = None  # shipment numbering
    order_status_code: int | None = None  # order numbering: used only when there is nothing else
    awb: str = ""
    courier: str = ""
    zone: str = ""  # of the courier's price list, e.g. "z_e"; as raw as the charges
    cod: bool = False
    is_return: bool = False
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    rto_initiated_at: datetime | None = None
    rto_delivered_at: datetime | None = None
    changed_at: datetime | None = None  # when Shiprocket last changed anything about its order
    lines: tuple[ShipmentLine, ...] = ()  # empty: unknown
    charges: Charges = Charges()
    seen: FirstSeen = FirstSeen()
