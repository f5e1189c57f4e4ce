"""The shapes of what is sent to the server, for the OpenAPI document. The services check them, all at once."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

Text = Annotated[str, Field(min_length=1)]
REFERENCE = "#/components/schemas/{model}"


class Input(BaseModel):
    """Fields that are not named here are refused."""

    model_config = ConfigDict(extra="forbid")


class FeeRateInput(Input):
    gateway: Text = "*"
    percent: Annotated[float, Field(ge=0, le=100)] = 0
    fixed: Annotated[float, Field(ge=0)] = 0


class FeesInput(Input):
    source: Literal["none", "shopify", "rates"]
    rates: Annotated[list[FeeRateInput], Field(min_length=1)] | None = None


class SettingsInput(Input):
    """null puts a setting back to its default."""

    revenueBasis: Literal["net", "total_sales"] | None = None
    estimatedCostRatio: Annotated[float, Field(ge=0, le=1)] | None = None
    codFeeInFreight: bool | None = None
    codGateways: list[Text] | None = None
    fxRates: dict[Annotated[str, Field(pattern="^[A-Z]{3}$")], Annotated[float, Field(gt=0)]] | None = None
    transactionFees: FeesInput | None = None


class Account(Input):
    """A source whose fields are all absent is off; a half-filled one is refused."""

    shopifyStore: Text | None = None
    shopifyAccessToken: Text | None = None
    shopifyClientId: Text | None = None
    shopifyClientSecret: Text | None = None
    shopifyWebhookSecret: Text | None = None
    metaAccessToken: Text | None = None
    metaAdAccountId: Text | list[Text] | None = Field(
        default=None, description="One ad account, or several: with commas between them, or as a list"
    )
    metaAppSecret: Text | None = None
    shiprocketEmail: Text | None = None
    shiprocketPassword: Text | None = None
    settings: SettingsInput | None = None


class UserChange(Account):
    """Only what is given changes; null takes a field away."""

    email: Text | None = None
    isActive: bool = True


class NewUser(Account):
    """A merchant to register."""

    email: Text


class NewCost(Input):
    """What one unit costs. Names productId (with or without variantId), variantId or sku alone.

    Without `validFrom` a first cost is valid always, another one from today on; with `recalculate` it corrects the
    one in force, and the next sync calculates the days again.
    """

    userId: Text
    productId: Text | None = None
    variantId: Text | None = None
    sku: Text | None = None
    cost: Annotated[float, Field(ge=0)]
    productName: Text | None = None
    validFrom: date | None = None
    recalculate: bool = False


class ManualSync(Input):
    """The shop days to read again, both included. Without days: whatever changed since the last success."""

    userId: Text
    startDate: date | None = None
    endDate: date | None = None


_BODIES: tuple[type[Input], ...] = (NewUser, UserChange, NewCost, ManualSync)


def takes(model: type[Input]) -> dict[str, Any]:
    """The part of a route's documentation that says what its body is."""
    schema = {"$ref": REFERENCE.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def takes_any() -> dict[str, Any]:
    """A body whose content is somebody else's affair."""
    content = {"application/json": {"schema": {"type": "object"}}}
    return {"requestBody": {"required": True, "content": content}}


def body_schemas() -> dict[str, Any]:
    """Every model that `takes` refers to, and the models inside them."""
    _, schema = models_json_schema([(model, "validation") for model in _BODIES], ref_template=REFERENCE)
    found: dict[str, Any] = schema["$defs"]
    return found
