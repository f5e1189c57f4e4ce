"""A Shiprocket company as drafts. See `world` for what drafts are. Money is INR."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(slots=True)
class ChargesDraft:
    """The bill of a parcel. None renders as one of the API's placeholders: unknown, not zero."""

    freight: Decimal | None = None  # contains the COD fee
    cod: Decimal | None = None
    applied: Decimal | None = None
    charged: Decimal | None = None
    applied_rto: Decimal | None = None
    charged_rto: Decimal | None = None
    billed: Decimal | None = None


@dataclass(slots=True)
class ParcelDraft:
    """One shipment. `status` is a shipment code, `status_text` its name."""

    id: int
    created_at: datetime
    status: int
    status_text: str
    awb: str = ""
    courier: str = ""
    courier_id: int | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    rto_initiated_at: datetime | None = None
    rto_delivered_at: datetime | None = None
    charges: ChargesDraft | None = None  # None: the API says nothing at all


@dataclass(slots=True)
class ItemDraft:
    """An item of a Shiprocket order."""

    name: str
    sku: str
    quantity: int
    price: Decimal


@dataclass(slots=True)
class ShiprocketOrderDraft:
    """A Shiprocket order. `status_code` is an order code: another numbering than the parcels' codes."""

    id: int
    channel_order_id: str
    created_at: datetime
    updated_at: datetime
    status: str
    status_code: int
    cod: bool
    total: Decimal
    items: tuple[ItemDraft, ...]
    parcels: list[ParcelDraft] = field(default_factory=list)
    channel_created_at: datetime | None = None  # None: `created_at`
    tax: Decimal = ZERO
    is_return: bool = False
    manual: bool = False  # typed into the panel, without a shop behind it


@dataclass(slots=True)
class NdrDraft:
    """A failed delivery attempt. It stays when the parcel is delivered or returned later."""

    id: int
    shipment_id: int
    awb: str
    raised_at: datetime
    attempts: int = 1
    reason: str = "Customer not available"
    cod: bool = True
    courier: str = ""


@dataclass(slots=True)
class ShiprocketWorld:
    """A Shiprocket company with one API user."""

    email: str
    password: str = field(repr=False)
    company_id: int
    orders: dict[int, ShiprocketOrderDraft] = field(default_factory=dict)
    ndr: list[NdrDraft] = field(default_factory=list)
    revocations: int = 0  # a token is good for the number it was issued under
