"""The shapes of all answers, for the OpenAPI document. The services' shapes write the answers themselves."""

from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

from profitsync.domain.merchants import SOURCES
from profitsync.domain.metrics import FIELDS

T = TypeVar("T")
SourceName = Literal["shopify", "meta", "shiprocket"]
Known = Literal["ok", "stale", "missing", "off"]
Secret = Literal["set"] | None  # all that is told of a secret
_KINDS: dict[str, Any] = {"count": int | None, "flag": bool | None}  # everything else is a number with two places


class Model(BaseModel):
    """No field but those named here is ever sent."""

    model_config = ConfigDict(extra="forbid")


class Answer(Model, Generic[T]):
    """What was asked for."""

    success: Literal[True]
    data: T


class ListAnswer(Answer[list[T]], Generic[T]):
    """A list and its length."""

    count: int


class Failure(Model):
    """Why not, in words for people. A fault of the server's own tells nothing but the request's id."""

    success: Literal[False]
    error: str


class Health(Model):
    name: Literal["profitsync"]
    version: str
    store: Literal["ok"]
    lastSyncAt: datetime | None = Field(description="The newest successful sync of any user")
    lastSyncAgeSeconds: int | None


class FeeRate(Model):
    gateway: str
    percent: float
    fixed: float


class Fees(Model):
    source: Literal["none", "shopify", "rates"]
    rates: list[FeeRate] = []


class Settings(Model):
    revenueBasis: Literal["net", "total_sales"]
    estimatedCostRatio: float
    codFeeInFreight: bool
    codGateways: list[str]
    fxRates: dict[str, float]
    transactionFees: Fees


class User(Model):
    """A merchant; of its secrets only whether they are set."""

    id: str
    email: str
    isActive: bool
    shopifyStore: str | None
    metaAdAccountId: str | None
    shopifyAccessToken: Secret
    shopifyClientId: Secret
    shopifyClientSecret: Secret
    shopifyWebhookSecret: Secret
    metaAccessToken: Secret
    metaAppSecret: Secret
    shiprocketEmail: Secret
    shiprocketPassword: Secret
    settings: Settings
    currency: str | None
    timezone: str | None
    lastSyncAt: datetime | None
    createdAt: datetime
    updatedAt: datetime


class Removed(Model):
    id: str


class Cost(Model):
    """The cost of one unit, in shop currency. `validFrom` null: valid always."""

    id: str
    productId: str | None
    variantId: str | None
    sku: str | None
    productName: str
    cost: float
    source: Literal["manual", "imported", "shopify", "estimated"]
    validFrom: date | None
    createdAt: datetime | None
    updatedAt: datetime | None


class SourceResult(Model):
    status: Literal["ok", "failed", "off"]
    records: int
    requests: int
    points: int | None = Field(default=None, description="Query points, of Shopify only")
    error: str | None = None


class SyncResult(Model):
    """What became of a sync. A failed one is an answer like any other: its `error` or its sources say why."""

    userId: str
    email: str
    status: Literal["completed", "partial", "failed"]
    jobId: str | None
    since: date | None
    until: date | None
    recordsSynced: int
    daysWritten: int
    sources: dict[SourceName, SourceResult]
    error: str | None = None
    warnings: list[str] = []


class Job(Model):
    jobId: str
    userId: str
    status: Literal["running", "completed", "failed"]
    startedAt: datetime
    completedAt: datetime | None
    since: date | None
    until: date | None
    recordsSynced: int
    daysWritten: int
    errors: list[str]
    warnings: list[str]
    sources: dict[SourceName, SourceResult]
    createdAt: datetime


class Conflict(Failure):
    """The address is taken, or a sync of that user is running: then `data` may be its job."""

    data: Job | None = None


_ROW: dict[str, Any] = {
    "date": (date, ...),
    **{name: (_KINDS.get(kind, float | None), None) for name, kind in FIELDS.items()},
    "complete": (bool, ...),
    "sources": (dict[SourceName, Known], ...),
}
Row = create_model("Row", __base__=Model, **_ROW)
Row.__doc__ = "A day's figures, a period's or the totals; null: not defined, or not known."


class Table(Model):
    userId: str
    currency: str | None
    timezone: str | None
    since: date
    until: date
    by: Literal["day", "week", "month"]
    rows: list[Row]
    totals: Row


class RowsAnswer(ListAnswer[Row]):
    """Rows, their totals, and in which currency and zone they are."""

    totals: Row
    currency: str | None
    timezone: str | None


class Received(Model):
    """Whether the webhook was put down for another look at its record."""

    queued: bool


assert SOURCES == ("shopify", "meta", "shiprocket")  # noqa: S101 - `SourceName` spells them out for mypy
