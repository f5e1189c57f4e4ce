"""What the generated merchant sells: a small catalogue of home and body care goods, prices with GST."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random

from profitsync.sandbox.world import VariantDraft

# title, GST in percent, cost as a percentage of the price (None: nobody typed one), variants: name and price
_PRODUCTS: tuple[tuple[str, int, int | None, tuple[tuple[str, int], ...]], ...] = (
    ("Neem face wash", 18, 24, (("100 ml", 299), ("200 ml", 499))),
    ("Kumkumadi night serum", 18, 22, (("15 ml", 699), ("30 ml", 1199))),
    ("Rose water toner", 18, 26, (("Default Title", 349),)),
    ("Cold-pressed coconut oil", 5, 48, (("250 ml", 329), ("500 ml", 599), ("1 l", 1099))),
    ("Bhringraj hair oil", 18, 30, (("100 ml", 449), ("200 ml", 799))),
    ("Sandalwood soap, set of 3", 18, 35, (("Default Title", 399),)),
    ("Beeswax candle", 12, 38, (("Jasmine", 549), ("Vetiver", 549), ("Plain", 449))),
    ("Brass diya, pair", 12, 44, (("Small", 649), ("Large", 1249))),
    ("Handloom bath towel", 5, 42, (("Indigo", 699), ("Madder", 699))),
    ("Block-print bedsheet", 5, 40, (("Single", 1499), ("Double", 2199), ("King", 2699))),
    ("Khadi cushion cover", 5, None, (("Ochre", 449), ("Indigo", 449))),
    ("Stoneware mug", 12, 41, (("Sea", 399), ("Sand", 399))),
    ("Stoneware dinner set", 12, 46, (("Default Title", 3499),)),
    ("Copper water bottle", 12, 45, (("750 ml", 899), ("1 l", 1099))),
    ("Masala chai", 5, 36, (("200 g", 299), ("500 g", 649))),
    ("Wild forest honey", 5, 52, (("250 g", 349), ("500 g", 629))),
    ("Incense, dhoop cones", 5, 28, (("Default Title", 199),)),
    ("Yoga mat, jute", 12, None, (("Default Title", 1799),)),
    ("Terracotta planter", 12, 39, (("Small", 349), ("Medium", 599))),
    ("Festive gift hamper", 18, 43, (("Classic", 1999), ("Grand", 3999))),
)
_SAMPLE_PRICE, _GIFT_CARD_PRICE = 49, 1000


@dataclass(frozen=True, slots=True)
class Item:
    """A variant with its tax rate and how often it is picked."""

    variant: VariantDraft
    gst: Decimal
    weight: float = 1.0

    @property
    def name(self) -> str:
        """Title as an order line shows it."""
        plain = self.variant.title == "Default Title"
        return self.variant.product_title if plain else f"{self.variant.product_title} - {self.variant.title}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Goods for sale, the sample that is given away (it costs nothing, and says so) and the gift card."""

    goods: tuple[Item, ...]
    sample: Item
    gift_card: Item

    def variants(self) -> dict[str, VariantDraft]:
        """All variants by id."""
        return {item.variant.id: item.variant for item in (*self.goods, self.sample, self.gift_card)}


def catalogue(rng: Random, made: datetime) -> Catalogue:
    """The catalogue, its costs and popularity varied by `rng`; one variant in ten lacks a cost besides."""
    goods = []
    for number, (title, gst, cost_percent, variants) in enumerate(_PRODUCTS, start=1):
        for place, (name, price) in enumerate(variants, start=1):
            known = cost_percent is not None and rng.random() > 0.1
            cost = Decimal(price * (cost_percent or 0) + rng.randint(-150, 150)) / 100 if known else None
            variant = _variant(f"{number:02d}{place}", title, name, price, made, cost)
            goods.append(Item(variant, Decimal(gst) / 100, rng.uniform(0.3, 2.0)))
    sample = _variant("901", "Lip balm, sample", "Default Title", _SAMPLE_PRICE, made, Decimal(0))
    card = _variant("911", "Gift card", "Default Title", _GIFT_CARD_PRICE, made, None)
    card.gift_card = True
    return Catalogue(tuple(goods), Item(sample, Decimal("0.18")), Item(card, Decimal(0)))


def _variant(code: str, title: str, name: str, price: int, made: datetime, cost: Decimal | None) -> VariantDraft:
    return VariantDraft(
        id=f"44{code:0>8}",
        product_id=f"81{code[:-1]:0>8}",
        product_title=title,
        price=Decimal(price),
        created_at=made,
        updated_at=made,
        sku=f"SKU-{code}",
        title=name,
        unit_cost=cost,
    )
