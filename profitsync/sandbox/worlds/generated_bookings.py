"""Books the generated merchant's parcels with Shiprocket."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from random import Random

from profitsync.sandbox.render_shiprocket import IST
from profitsync.sandbox.world import ZERO, ItemDraft, ParcelDraft, ShiprocketOrderDraft, ShiprocketWorld
from profitsync.sandbox.worlds.generated_baskets import Placed, included_tax
from profitsync.sandbox.worlds.generated_catalogue import Catalogue
from profitsync.sandbox.worlds.generated_demand import stream
from profitsync.sandbox.worlds.generated_fates import Booking
from profitsync.sandbox.worlds.generated_journeys import Journey, failed_attempt, parcel, plan

_RETURN_STATES = {"DELIVERED": (26, "RETURN DELIVERED")}
_RETURN_UNDER_WAY = (25, "RETURN IN TRANSIT")
_MANUAL_EVERY = 24  # days


class Bookings:
    """Fills a Shiprocket world."""

    def __init__(self, carrier: ShiprocketWorld, now: datetime) -> None:
        self.carrier = carrier
        self.now = now

    def add(self, rng: Random, number: int, placed: Placed, booking: Booking, total: Decimal) -> None:
        """One Shiprocket order with its parcel; its name is the Shopify order's in one of the seen spellings."""
        cod = placed.cod and not booking.is_return
        drawn = self._parcel(rng, number, booking.journey, cod=cod)
        name = placed.order.name if rng.random() < 0.7 else placed.order.name.removeprefix("#")
        if booking.prefix:
            name = booking.prefix + name.removeprefix("#")
        state = booking.journey.state(self.now)
        code, text = state.order_code, state.order_text
        if booking.is_return:
            code, text = _RETURN_STATES.get(state.parcel_text, _RETURN_UNDER_WAY)
            drawn.status_text = text
        self._file(
            ShiprocketOrderDraft(
                id=700_000_000 + number,
                channel_order_id=name + booking.suffix,
                created_at=booking.journey.created_at,
                updated_at=booking.journey.last_change(self.now),
                status=text,
                status_code=code,
                cod=cod,
                total=total,
                items=booking.items(),
                parcels=[drawn],
                channel_created_at=placed.order.created_at,
                tax=sum((line.tax for line in placed.order.lines), ZERO),
                is_return=booking.is_return,
            )
        )
        self._link(placed, booking, drawn)

    def add_manual_orders(self, seed: int, days: list[date], goods: Catalogue) -> None:
        """Parcels typed into the panel, such as samples for a reviewer: no Shopify order stands behind them."""
        for place in range(3, len(days), _MANUAL_EVERY):
            rng = stream(seed, "manual", place)
            created = datetime.combine(days[place], time(11, rng.randrange(60)), IST).astimezone(UTC)
            journey = plan(rng, created, cod=False)
            if created > self.now:
                continue
            item = rng.choice(goods.goods)
            price, state = item.variant.price, journey.state(self.now)
            self._file(
                ShiprocketOrderDraft(
                    id=790_000_000 + place,
                    channel_order_id=f"PR-{place:03d}",
                    created_at=created,
                    updated_at=journey.last_change(self.now),
                    status=state.order_text,
                    status_code=state.order_code,
                    cod=False,
                    total=price,
                    items=(ItemDraft(item.name, item.variant.sku or "", 1, price),),
                    parcels=[self._parcel(rng, 9_000_000 + place, journey, cod=False)],
                    tax=included_tax(price, item.gst),
                    manual=True,
                )
            )

    def _parcel(self, rng: Random, number: int, journey: Journey, *, cod: bool) -> ParcelDraft:
        drawn = parcel(rng, journey, 690_000_000 + number, cod=cod, now=self.now)
        if failed := failed_attempt(rng, journey, drawn, cod, self.now):
            self.carrier.ndr.append(failed)
        return drawn

    def _file(self, order: ShiprocketOrderDraft) -> None:
        self.carrier.orders[order.id] = order

    def _link(self, placed: Placed, booking: Booking, drawn: ParcelDraft) -> None:
        """Shopify learns the tracking number of the parcel that took the goods."""
        for fulfillment in placed.order.fulfillments:
            if fulfillment.created_at == booking.journey.shipped_at and not booking.is_return:
                fulfillment.tracking_number = drawn.awb
                fulfillment.company = drawn.courier
