"""What to register at the sources, and the token that Shiprocket sends back."""

from dataclasses import replace

import pytest

from profitsync.errors import UsageError
from profitsync.services.users import rotate_keys
from profitsync.services.webhooks import TOKEN, addresses, signature
from tests.services.conftest import Shop

URL = "https://figures.example.com/"


def test_the_signature_is_the_one_shopify_sends() -> None:
    """Computed with `openssl dgst -sha256 -hmac hush -binary | base64` over the same bytes."""
    assert signature("hush", b'{"id":1}') == "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="


def test_what_to_register_at_each_source_that_is_on(shop: Shop) -> None:
    shopify, parcels = addresses(shop.runtime, shop.user, URL)

    assert shopify.url == "https://figures.example.com/webhooks/shopify/u1"
    assert "orders/updated" in shopify.topics
    assert shopify.warning
    assert "shopifyWebhookSecret" in shopify.warning
    assert parcels.url == "https://figures.example.com/webhooks/parcels/u1"
    assert (parcels.warning, shopify.token) == (None, None)


def test_the_token_stays_the_same_until_another_is_wanted_and_is_stored_encrypted(shop: Shop) -> None:
    first = addresses(shop.runtime, shop.user, URL)[1]
    again = addresses(shop.runtime, shop.stored(), URL)[1]
    renewed = addresses(shop.runtime, shop.stored(), URL, new_token=True)[1]

    assert first.token == again.token != renewed.token
    stored = shop.stored().secrets[TOKEN]
    assert renewed.token is not None
    assert renewed.token not in stored
    assert renewed.token not in repr(renewed)
    rotate_keys(shop.runtime)
    assert addresses(shop.runtime, shop.stored(), URL)[1].token == renewed.token


def test_an_address_that_shiprocket_would_not_take_is_told(shop: Shop) -> None:
    parcels = addresses(shop.runtime, shop.user, "https://srv1.example.com")[1]

    assert parcels.warning == "Shiprocket takes no address with 'sr' in it; use another host name"


@pytest.mark.parametrize(
    "url", ["http://figures.example.com", "figures.example.com", "https://", "https://a.b/?x=1"]
)
def test_an_address_the_sources_could_not_reach_safely_is_refused(shop: Shop, url: str) -> None:
    with pytest.raises(UsageError, match="--url"):
        addresses(shop.runtime, shop.user, url)


def test_a_merchant_with_neither_source_has_nothing_to_register(shop: Shop) -> None:
    with pytest.raises(UsageError, match="neither"):
        addresses(shop.runtime, replace(shop.user, secrets={}), URL)
