"""The JSON shapes of what the services return: camelCase names, days as text, instants in UTC with Z.

Money and rates stay Decimal; whoever writes the JSON writes them as numbers. No shape holds a secret.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from profitsync.domain.costs import ProductCost
from profitsync.domain.merchants import SOURCES, Job, SourceState, User
from profitsync.domain.metrics import FIELDS
from profitsync.domain.rows import DayMetrics
from profitsync.services.changes import DayChange
from profitsync.services.checks import Checkup, Finding, MerchantCheck
from profitsync.services.cost_file import BadLine
from profitsync.services.costs import Effect, Planned
from profitsync.services.freshness import Health
from profitsync.services.merchant_settings import settings_document
from profitsync.services.missing_costs import MissingCost
from profitsync.services.recompute import Recomputed
from profitsync.services.reports import SyncReport, UserReport
from profitsync.services.tables import Comparison, MetricsTable
from profitsync.services.user_input import SECRET_FIELDS

SET = "set"  # all that is ever shown of a stored secret


def instant(value: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond where there is one."""
    if value is None:
        return None
    precision = "milliseconds" if value.microsecond else "seconds"
    return value.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def day(value: date | None) -> str | None:
    """`YYYY-MM-DD`."""
    return value.isoformat() if value else None


def user_shape(user: User) -> dict[str, Any]:
    """A merchant; of its secrets only whether they are set."""
    return {
        "id": user.id,
        "email": user.email,
        "isActive": user.is_active,
        "shopifyStore": user.shopify_store,
        "metaAdAccountId": user.meta_ad_account_id,
        **{name: SET if name in user.secrets else None for name in SECRET_FIELDS},
        "settings": settings_document(user.settings),
        "currency": user.currency,
        "timezone": user.timezone,
        "lastSyncAt": instant(user.last_sync_at),
        "createdAt": instant(user.created_at),
        "updatedAt": instant(user.updated_at),
    }


def sources_shape(user: User, states: dict[str, SourceState]) -> dict[str, Any]:
    """Per source: on or off, when it last succeeded, and what its last try failed with."""
    known = {name: states.get(name) for name in SOURCES}
    return {
        name: {
            "status": "on" if user.configured(name) else "off",
            "lastSuccessAt": instant(state.last_success_at) if state else None,
            "error": state.error if state else None,
        }
        for name, state in known.items()
    }


def cost_shape(cost: ProductCost) -> dict[str, Any]:
    """A product cost; `validFrom` null is valid always."""
    return {
        "id": cost.id,
        "productId": cost.product_id,
        "variantId": cost.variant_id,
        "sku": cost.sku,
        "productName": cost.product_name,
        "cost": cost.cost,
        "source": str(cost.source),
        "validFrom": day(cost.valid_from),
        "createdAt": instant(cost.created_at),
        "updatedAt": instant(cost.updated_at),
    }


def missing_cost_shape(missing: MissingCost) -> dict[str, Any]:
    """A product without a known cost, with what rests on the guess."""
    return {
        **cost_shape(missing.estimate),
        "unitsSold": missing.units,
        "revenueAtStake": missing.revenue,
    }


def cost_plan_shape(planned: Sequence[Planned], bad: Sequence[BadLine], *, written: bool) -> dict[str, Any]:
    """What an import changes, or would."""
    changing = [one for one in planned if one.effect is not Effect.UNCHANGED]
    return {
        "written": written,
        **{str(effect): sum(one.effect is effect for one in planned) for effect in Effect},
        "bad": [{"line": one.number, "reason": one.reason} for one in bad],
        "changes": [
            {
                **cost_shape(one.entry),
                "effect": str(one.effect),
                "costBefore": one.before.cost if one.before else None,
            }
            for one in changing
        ],
    }


def changes_shape(changes: Sequence[DayChange]) -> list[dict[str, Any]]:
    """Days that differ, with every figure that does."""
    return [
        {
            "date": day(change.day),
            "new": change.before is None,
            "figures": {name: {"before": old, "after": new} for name, (old, new) in change.figures.items()},
        }
        for change in changes
    ]


def recomputed_shape(done: Recomputed) -> dict[str, Any]:
    """What a calculation from stored facts came to."""
    return {"days": done.days, "daysWaiting": done.waiting, "changes": changes_shape(done.changes)}


def checkup_shape(checkup: Checkup) -> dict[str, Any]:
    """What `doctor` found."""
    return {
        "status": str(checkup.status),
        "installation": [_finding_shape(one) for one in checkup.installation],
        "merchants": [merchant_check_shape(one) for one in checkup.merchants],
    }


def merchant_check_shape(merchant: MerchantCheck) -> dict[str, Any]:
    """What was found of one merchant; `source` null is the merchant as a whole."""
    return {
        "userId": merchant.user.id,
        "email": merchant.user.email,
        "status": str(Checkup((), (merchant,)).status),
        "findings": [{"source": line.source, **_finding_shape(line.finding)} for line in merchant.lines],
    }


def _finding_shape(finding: Finding) -> dict[str, Any]:
    return {"level": str(finding.level), "topic": finding.topic, "text": finding.text}


def health_shape(health: Health) -> dict[str, Any]:
    """How old the figures of each merchant are."""
    return {
        "status": str(health.status),
        "maxAgeSeconds": int(health.max_age.total_seconds()),
        "merchants": [
            {
                "userId": one.user.id,
                "email": one.user.email,
                "status": str(one.status),
                "lastSuccessAt": instant(one.last_success),
                "ageSeconds": int(one.age.total_seconds()) if one.age is not None else None,
                "reason": one.reason,
            }
            for one in health.merchants
        ],
    }


def job_shape(job: Job) -> dict[str, Any]:
    """A sync job with its per-source details."""
    return {
        "jobId": job.job_id,
        "userId": job.user_id,
        "status": job.status,
        "startedAt": instant(job.started_at),
        "completedAt": instant(job.completed_at),
        "since": job.since,
        "until": job.until,
        "recordsSynced": job.records_synced,
        "daysWritten": job.days_written,
        "errors": list(job.errors),
        "warnings": list(job.warnings),
        "sources": job.sources,
        "createdAt": instant(job.created_at),
    }


def sync_shape(report: SyncReport) -> dict[str, Any]:
    """A whole run."""
    return {"status": report.status, "users": [_user_report_shape(user) for user in report.users]}


def _user_report_shape(user: UserReport) -> dict[str, Any]:
    sources = {name: source.details() for name, source in user.sources.items()}
    return {
        "userId": user.user_id,
        "email": user.email,
        "status": user.status,
        "jobId": user.job_id,
        "since": day(user.since),
        "until": day(user.until),
        "recordsSynced": user.records_synced,
        "daysWritten": user.days_written,
        "sources": sources,
        **({"error": user.error} if user.error else {}),
        **({"warnings": user.warnings} if user.warnings else {}),
        **({"changes": changes_shape(user.changes)} if user.changes is not None else {}),
    }


def row_shape(row: DayMetrics) -> dict[str, Any]:
    """A row of figures; `date` is the first day of its period."""
    return {
        "date": day(row.day),
        **dict.fromkeys(FIELDS),  # a day stored before a field was added does not know it
        **row.values,
        "complete": row.complete,
        "sources": row.sources,
    }


def table_shape(table: MetricsTable) -> dict[str, Any]:
    """A table of figures with its totals."""
    return {
        "userId": table.user_id,
        "currency": table.currency,
        "timezone": table.timezone,
        "since": day(table.since),
        "until": day(table.until),
        "by": table.by,
        "rows": [row_shape(row) for row in table.rows],
        "totals": row_shape(table.totals),
        **({"comparison": _comparison_shape(table.comparison)} if table.comparison else {}),
    }


def _comparison_shape(comparison: Comparison) -> dict[str, Any]:
    return {
        "since": day(comparison.since),
        "until": day(comparison.until),
        "totals": row_shape(comparison.totals),
        "change": dict(comparison.change),
        "changePercent": dict(comparison.change_percent),
    }
