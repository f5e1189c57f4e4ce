"""Several ad accounts of one merchant: each on its own, and all or nothing."""

import json
from typing import Any

import pytest
import responses

from profitsync.sources.errors import CredentialsError, SourceError, ThrottledError
from profitsync.sources.meta.failures import AccountBlockedError, NoSuchObjectError
from profitsync.sources.protocol import AdAccount
from tests.sources.meta_samples import BASE, DAY, NOW, Ads, error, page, row

ZONES = {"123": "Asia/Kolkata", "77": "Pacific/Kiritimati"}


def insights(account_id: str) -> str:
    return f"{BASE}/v26.0/act_{account_id}/insights"


@pytest.fixture
def ads(wire: responses.RequestsMock) -> Ads:
    return Ads(wire)


def both(ads: Ads, **other: Any) -> Any:
    return ads.source(account_ids=["act_123", "77"], timezones=ZONES, **other)


def test_every_accounts_rows_carry_its_own_id_currency_and_zone(ads: Ads) -> None:
    ads.wire.get(insights("123"), json=page(row()))
    ads.wire.get(insights("77"), json=page(row(account_id="77", account_currency="USD")))

    found = both(ads).days(DAY, DAY)

    assert [(one.account_id, one.currency, one.timezone) for one in found] == [
        ("123", "INR", "Asia/Kolkata"),
        ("77", "USD", "Pacific/Kiritimati"),
    ]


def test_the_same_account_twice_is_one(ads: Ads) -> None:
    assert ads.source(account_ids=["act_123", "123", "77"]).account_ids == ("123", "77")


def test_every_account_is_asked_up_to_its_own_today(ads: Ads) -> None:
    ads.wire.get(insights("123"), json=page())
    ads.wire.get(insights("77"), json=page())

    both(ads).days(DAY, NOW.date().replace(day=30))

    assert [json.loads(sent["time_range"])["until"] for sent in ads.sent()] == ["2026-11-23", "2026-11-24"]


def test_one_account_that_is_too_heavy_is_halved_alone(ads: Ads) -> None:
    ads.wire.get(insights("123"), json=page())
    ads.wire.get(insights("77"), json=error(1, 99), status=500)
    ads.wire.get(insights("77"), json=page())

    both(ads).days(DAY, DAY.replace(day=9))

    assert [first[-1] + last[-1] for first, last in ads.ranges()] == ["29", "29", "25", "69"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [((100, 33), NoSuchObjectError), ((10,), CredentialsError), ((80000,), AccountBlockedError)],
)
def test_an_account_that_fails_is_named_and_nothing_is_given(
    ads: Ads, code: tuple[int, ...], kind: type[SourceError]
) -> None:
    ads.wire.get(insights("123"), json=page(row()))
    ads.wire.get(insights("77"), json=error(*code), status=400)

    with pytest.raises(kind, match=r"^Meta: ad account 77: "):
        both(ads).days(DAY, DAY)


def test_a_single_account_needs_no_name(ads: Ads) -> None:
    ads.wire.get(insights("123"), json=error(190), status=400)

    with pytest.raises(CredentialsError, match=r"^Meta: the access token"):
        ads.source().days(DAY, DAY)


def test_while_one_account_is_blocked_the_others_are_left_alone_too(ads: Ads) -> None:
    ads.wire.get(insights("123"), json=page(row()))
    ads.wire.get(insights("77"), json=error(80000), status=400)
    with pytest.raises(AccountBlockedError):
        both(ads).days(DAY, DAY)

    with pytest.raises(ThrottledError, match=r"^Meta: ad account 77: .* used up until 2026-11-23 10:55 UTC"):
        both(ads).days(DAY, DAY)

    assert len(ads.wire.calls) == 2


def test_every_account_describes_itself(ads: Ads) -> None:
    for account_id, currency, zone in (("123", "INR", "Asia/Kolkata"), ("77", "USD", "America/New_York")):
        ads.wire.get(
            f"{BASE}/v26.0/act_{account_id}",
            json={"account_id": account_id, "currency": currency, "timezone_name": zone},
        )

    assert ads.source(account_ids=["123", "77"]).accounts() == [
        AdAccount("123", "INR", "Asia/Kolkata"),
        AdAccount("77", "USD", "America/New_York"),
    ]
