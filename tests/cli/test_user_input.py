"""Every problem of a merchant's document is found at once, with the field's name and a remedy."""

from decimal import Decimal
from typing import Any

import pytest

from profitsync.domain.merchants import FeeRate, MerchantSettings, TransactionFees
from profitsync.errors import UsageError
from profitsync.services.user_input import check_document, parse_document, shop_host

TOKEN = "shpat_0123456789abcdef"
WHOLE = {
    "email": "owner@shop.example",
    "shopifyStore": "my-shop",
    "shopifyAccessToken": TOKEN,
    "metaAccessToken": "EAAB1234567890",
    "metaAdAccountId": "act_123456",
    "shiprocketEmail": "api@shop.example",
    "shiprocketPassword": "pass word",
}


def problems(document: dict[str, Any], **given: Any) -> list[str]:
    with pytest.raises(UsageError) as caught:
        check_document(document, **given)
    text = str(caught.value)
    assert "shpat_" not in text
    return text.splitlines()


def test_a_whole_document_is_normalised() -> None:
    account = check_document(WHOLE)

    assert account.fields == {
        "email": "owner@shop.example",
        "shopifyStore": "my-shop.myshopify.com",
        "metaAdAccountId": "123456",
    }
    assert account.secrets["shiprocketPassword"] == "pass word"
    assert account.settings == MerchantSettings()
    assert TOKEN not in repr(account)


@pytest.mark.parametrize(
    "text",
    ["my-shop", "My-Shop.myshopify.com", "https://my-shop.myshopify.com/", "http://my-shop.myshopify.com/admin"],
)
def test_a_shop_is_recognised_in_every_spelling(text: str) -> None:
    assert shop_host(text) == "my-shop.myshopify.com"


@pytest.mark.parametrize("text", ["", "shop.example", "https://", "my shop", "-shop", "a.b.myshopify.com"])
def test_other_hosts_are_no_shops(text: str) -> None:
    assert shop_host(text) is None


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in WHOLE.items() if name not in names}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (without("email"), "email: is missing"),
        (without("shopifyAccessToken"), "shopifyAccessToken: is missing"),
        (without("shopifyStore"), "shopifyStore: is missing"),
        (without("metaAccessToken"), "metaAccessToken: is missing"),
        (without("metaAdAccountId"), "metaAdAccountId: is missing"),
        (without("shiprocketEmail"), "shiprocketEmail: is missing"),
        (without("shiprocketPassword"), "shiprocketPassword: is missing"),
        ({**without("shopifyAccessToken"), "shopifyClientId": "abc"}, "shopifyClientSecret: is missing"),
        ({**without("shopifyAccessToken"), "shopifyClientSecret": "abc"}, "shopifyClientId: is missing"),
        ({**WHOLE, "shopifyClientId": "a", "shopifyClientSecret": "b"}, "shopifyAccessToken: give either"),
        ({**WHOLE, "email": "owner"}, "email: is not"),
        ({**WHOLE, "shopifyStore": "shop.example"}, "shopifyStore: must be"),
        ({**WHOLE, "metaAdAccountId": "12a"}, "metaAdAccountId: must be"),
        ({**WHOLE, "metaAdAccountId": 123}, "metaAdAccountId: must be text"),
        ({**WHOLE, "metaAdAccountId": "123, 12a"}, "metaAdAccountId: must be the ad account's digits"),
        ({**WHOLE, "metaAdAccountId": "123,"}, "metaAdAccountId: must be the ad account's digits"),
        ({**WHOLE, "metaAdAccountId": []}, "metaAdAccountId: must be text in quotes, or a list"),
        ({**WHOLE, "metaAdAccountId": ["123", 4]}, "metaAdAccountId: must be text in quotes, or a list"),
        ({**WHOLE, "metaAppSecret": "two words"}, "metaAppSecret: holds"),
        ({**WHOLE, "shiprocketEmail": "nobody"}, "shiprocketEmail: is not"),
        ({**WHOLE, "shiprocketPassword": "a\nb"}, "shiprocketPassword: holds"),
        ({**WHOLE, "metaAccessToken": "two words"}, "metaAccessToken: holds"),
        ({**WHOLE, "metaAccessToken": " "}, "metaAccessToken: is empty"),
        ({**WHOLE, "shopifystore": "x"}, "shopifystore: is not a known field; did you mean shopifyStore?"),
        ({**WHOLE, "currency": "INR"}, "currency: is set by profitsync"),
    ],
)
def test_one_mistake_makes_one_line(document: dict[str, Any], field: str) -> None:
    (line,) = problems(document)

    assert line.startswith(field)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("act_123", "123"),
        ("act_123, 77", "123,77"),
        (["act_123", "77", "123"], "123,77"),
        ("77 ,act_77", "77"),
    ],
    ids=["one", "commas", "a list, one of them twice", "the same in two spellings"],
)
def test_ad_accounts_are_kept_as_digits_each_once(given: str | list[str], kept: str) -> None:
    assert check_document({**WHOLE, "metaAdAccountId": given}).fields["metaAdAccountId"] == kept


def test_an_app_secret_makes_no_source_whole_or_half() -> None:
    without_meta = without("metaAccessToken", "metaAdAccountId")

    assert check_document({**without_meta, "metaAppSecret": "s3cret"}).secrets["metaAppSecret"] == "s3cret"
    assert check_document({**WHOLE, "metaAppSecret": None}, present={*WHOLE, "metaAppSecret"})


def test_all_mistakes_are_told_at_once() -> None:
    found = problems(
        {"email": "x", "shopifyStore": "a b", "metaAccessToken": "EAAB", "settings": {"codGatewayz": []}}
    )

    assert [line.split(":")[0] for line in found] == [
        "email",
        "shopifyStore",
        "settings.codGatewayz",
        "shopifyAccessToken",
        "metaAdAccountId",
    ]


def test_every_source_may_be_left_out() -> None:
    assert check_document({"email": "a@b.example"}).secrets == {}


def test_null_switches_a_source_off_as_a_whole_only() -> None:
    present = set(WHOLE)

    gone = check_document({"metaAccessToken": None, "metaAdAccountId": None}, present=present)
    (half,) = problems({"metaAccessToken": None}, present=present)

    assert gone.secrets == {"metaAccessToken": None}
    assert half.startswith("metaAccessToken: is missing")


def test_settings_are_read_exactly() -> None:
    document = parse_document(
        """{"email": "a@b.example", "settings": {"revenueBasis": "total_sales", "estimatedCostRatio": 0.35,
        "codFeeInFreight": false, "codGateways": ["Pay on delivery"], "fxRates": {"USD": 83.21},
        "transactionFees": {"source": "rates", "rates": [{"gateway": "*", "percent": 2.1, "fixed": 3}]}}}""",
        "input",
    )

    assert check_document(document).settings == MerchantSettings(
        revenue_basis="total_sales",
        estimated_cost_ratio=Decimal("0.35"),
        cod_fee_in_freight=False,
        cod_gateways=("Pay on delivery",),
        fx_rates={"USD": Decimal("83.21")},
        transaction_fees=TransactionFees("rates", (FeeRate("*", Decimal("2.1"), Decimal(3)),)),
    )


def test_only_given_settings_change_and_null_restores_the_default() -> None:
    before = MerchantSettings(estimated_cost_ratio=Decimal("0.3"), cod_gateways=("Cash",))

    after = check_document({"settings": {"codGateways": None}}, present={"email"}, settings=before).settings

    assert after == MerchantSettings(estimated_cost_ratio=Decimal("0.3"))


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ([], "settings: must be"),
        ({"revenueBasis": "nett"}, "settings.revenueBasis: must be one of net, total_sales; did you mean net?"),
        ({"estimatedCostRatio": 40}, "settings.estimatedCostRatio: must be"),
        ({"estimatedCostRatio": True}, "settings.estimatedCostRatio: must be"),
        ({"estimatedCostRatio": "0.4"}, "settings.estimatedCostRatio: must be"),
        ({"codFeeInFreight": 1}, "settings.codFeeInFreight: must be"),
        ({"codGateways": "cod"}, "settings.codGateways: must be"),
        ({"fxRates": {"USD": 0}}, "settings.fxRates.USD: must be"),
        ({"fxRates": {"usd": 83}}, "settings.fxRates.usd: is not a currency code"),
        ({"transactionFees": {"source": "rate"}}, "settings.transactionFees.source: must be"),
        ({"transactionFees": {"source": "rates"}}, "settings.transactionFees.rates: must be"),
        ({"transactionFees": {"source": "none", "rates": []}}, "settings.transactionFees.rates: only goes"),
        (
            {"transactionFees": {"source": "rates", "rates": [{"gateway": "*", "percentage": 2}]}},
            "settings.transactionFees.rates[0].percentage: is not a known field; did you mean percent?",
        ),
        (
            {"transactionFees": {"source": "rates", "rates": [{"percent": 101}]}},
            "settings.transactionFees.rates[0].percent: must be",
        ),
    ],
)
def test_a_bad_setting_is_named_with_its_path(settings: Any, field: str) -> None:
    (line,) = problems({"email": "a@b.example", "settings": settings})

    assert line.startswith(field)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"email": "a"\n "x": 1}', "input: not valid JSON at line 2, column 2"),
        ("", "input: not valid JSON at line 1, column 1"),
        ("[]", "input: must hold one JSON object"),
        ('{"a": 1, "a": 2}', "input: the field 'a' is given twice"),
        ('{"a": NaN}', "input: not valid JSON: NaN"),
        ("[" * 100_000, "input: not valid JSON"),
    ],
)
def test_malformed_json_is_located(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"^{message}"):
        parse_document(text, "input")
