"""The routes for people and programs with a key. Each parses, calls one service, and answers in its shape."""

import asyncio
from concurrent.futures import Future
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BeforeValidator, WithJsonSchema

from profitsync.api import models
from profitsync.api.answers import success
from profitsync.api.guard import Caller, JsonBody, Operator, Server, Shared, caller, known_parameters
from profitsync.api.inputs import ManualSync, NewCost, NewUser, UserChange, takes
from profitsync.domain.access import Access
from profitsync.domain.costs import ProductCost
from profitsync.domain.merchants import User
from profitsync.errors import UsageError
from profitsync.services import cost_entry, users
from profitsync.services.api_keys import visible_job, visible_user, visible_users
from profitsync.services.costs import Effect
from profitsync.services.metrics_query import MOST_DAYS, USUAL_DAYS, asked_table
from profitsync.services.reports import SyncReport
from profitsync.services.requests import manual_request
from profitsync.services.shapes import cost_shape, job_shape, sync_shape, table_shape, user_shape

_FAILURES: dict[int, dict[str, Any]] = {
    400: {"model": models.Failure, "description": "The body is not a JSON object"},
    401: {"model": models.Failure, "description": "No key, or a wrong one"},
    404: {"model": models.Failure, "description": "Not there, or not for this key"},
    409: {"model": models.Conflict, "description": "Taken already, or a sync is running"},
    413: {"model": models.Failure, "description": "The body is too large"},
    422: {"model": models.Failure, "description": "A field or parameter does not fit; each is named"},
    429: {"model": models.Failure, "description": "Too many wrong keys; Retry-After says how long to wait"},
    500: {"model": models.Failure, "description": "A fault of the server; the log has it under the request's id"},
    503: {"model": models.Failure, "description": "The server is ending"},
}


def fails(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The failures of a route, for its documentation."""
    return {status: _FAILURES[status] for status in statuses}


router = APIRouter(
    prefix="/api", dependencies=[Depends(caller), Depends(known_parameters)], responses=fails(401, 422, 429, 500)
)


def _day(value: object) -> date:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.isoformat() != value:
        raise ValueError("must be a day such as 2026-11-02")
    return found


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
UserId = Annotated[str, Path(alias="userId", description="The id of a user")]
Period = Literal["day", "week", "month"]


def _merchant(server: Shared, access: Caller, user_id: UserId) -> User:
    return visible_user(server.runtime, access, user_id)


Merchant = Annotated[User, Depends(_merchant)]


@router.post(
    "/users", tags=["users"], status_code=201, response_model=models.Answer[models.User],
    responses=fails(400, 404, 409, 413), openapi_extra=takes(NewUser),
)  # fmt: skip
def add_user(server: Shared, _access: Operator, document: JsonBody) -> Response:
    """Register a user, a merchant whose figures are kept. Needs a key for all users."""
    return success(user_shape(users.add_user(server.runtime, document)), 201)


@router.get("/users", tags=["users"], response_model=models.ListAnswer[models.User])
def list_users(server: Shared, access: Caller) -> Response:
    """The users that the key opens, the oldest first."""
    found = [user_shape(user) for user in visible_users(server.runtime, access)]
    return success(found, count=len(found))


@router.get("/users/{userId}", tags=["users"], response_model=models.Answer[models.User], responses=fails(404))
def show_user(user: Merchant) -> Response:
    """One user; of its secrets only whether they are set."""
    return success(user_shape(user))


@router.put(
    "/users/{userId}", tags=["users"], response_model=models.Answer[models.User],
    responses=fails(400, 404, 409, 413), openapi_extra=takes(UserChange),
)  # fmt: skip
def change_user(
    server: Shared,
    user: Merchant,
    document: JsonBody,
    recalculate: Annotated[bool, Query(description="The next sync calculates all stored days again")] = False,
) -> Response:
    """Change the given fields only; null takes one away. Not while a sync is running."""
    return success(user_shape(users.change_user(server.runtime, user, document, recalculate=recalculate)))


@router.delete(
    "/users/{userId}", tags=["users"], response_model=models.Answer[models.Removed], responses=fails(404, 409)
)
def remove_user(server: Shared, _access: Operator, user: Merchant) -> Response:
    """Forget a user and everything stored for it. Needs a key for all users. Not while a sync is running."""
    users.remove_user(server.runtime, user)
    return success({"id": user.id})


@router.post(
    "/product-costs", tags=["product costs"], status_code=201, response_model=models.Answer[models.Cost],
    responses=fails(400, 404, 413) | {200: {"model": models.Answer[models.Cost], "description": "Was there"}},
    openapi_extra=takes(NewCost),
)  # fmt: skip
def state_cost(server: Shared, access: Caller, document: JsonBody) -> Response:
    """State the cost of one product, variant or SKU."""
    user_id = document.pop("userId", None)
    if not isinstance(user_id, str) or not user_id:
        raise UsageError("userId: must be the id of a user")
    user = visible_user(server.runtime, access, user_id)
    planned = cost_entry.state_cost(server.runtime, user, document)
    return success(_cost(user, planned.entry), 201 if planned.effect is Effect.NEW else 200)


@router.get(
    "/product-costs/{userId}", tags=["product costs"], response_model=models.ListAnswer[models.Cost],
    responses=fails(404),
)  # fmt: skip
def list_costs(server: Shared, user: Merchant) -> Response:
    """Every cost of a user's products: stated, read from the shop, or estimated."""
    found = [_cost(user, cost) for cost in server.runtime.store.costs(user.id)]
    return success(found, count=len(found))


@router.delete(
    "/product-costs/{id}", tags=["product costs"], response_model=models.Answer[models.Removed],
    responses=fails(404),
)  # fmt: skip
def delete_cost(
    server: Shared,
    access: Caller,
    cost_id: Annotated[str, Path(alias="id", description="As the list of costs gives it")],
    recalculate: Annotated[bool, Query(description="The next sync calculates its days again")] = False,
) -> Response:
    """Delete a cost that a person stated."""
    user = visible_user(server.runtime, access, cost_entry.owner_of(cost_id))
    cost_entry.delete_cost(server.runtime, user, cost_id, recalculate=recalculate)
    return success({"id": cost_id})


@router.post(
    "/sync/manual", tags=["sync"], response_model=models.Answer[models.SyncResult],
    responses=fails(400, 404, 409, 413, 503), openapi_extra=takes(ManualSync),
)  # fmt: skip
async def sync(server: Shared, access: Caller, document: JsonBody) -> Response:
    """Read a user's sources and calculate; answers when that is done, or its time is over."""
    begun = await run_in_threadpool(_begin_sync, server, access, document)
    report = await asyncio.wrap_future(begun)
    (result,) = sync_shape(report)["users"]
    return success(result)


@router.get(
    "/sync/jobs/{userId}", tags=["sync"], response_model=models.ListAnswer[models.Job], responses=fails(404)
)
def list_jobs(server: Shared, user: Merchant) -> Response:
    """The newest 50 sync jobs of a user."""
    found = [job_shape(job) for job in server.runtime.store.jobs(user.id, limit=50)]
    return success(found, count=len(found))


@router.get("/sync/status/{jobId}", tags=["sync"], response_model=models.Answer[models.Job], responses=fails(404))
def show_job(server: Shared, access: Caller, job_id: Annotated[str, Path(alias="jobId")]) -> Response:
    """One sync job."""
    return success(job_shape(visible_job(server.runtime, access, job_id)))


@router.get("/metrics", tags=["metrics"], response_model=models.RowsAnswer, responses=fails(404))
def metrics(
    server: Shared,
    access: Caller,
    user_id: Annotated[str, Query(alias="userId", description="The id of a user")],
    start: Annotated[Day | None, Query(alias="startDate", description="First shop day")] = None,
    end: Annotated[Day | None, Query(alias="endDate", description="Last shop day, included; else today")] = None,
    by: Annotated[Period, Query(description="A row per day, week (from Monday) or month")] = "day",
) -> Response:
    """Figures of a range of shop days as stored, with their totals."""
    user = visible_user(server.runtime, access, user_id)
    shape = table_shape(asked_table(server.runtime, user, since=start, until=end, by=by))
    more = {name: shape[name] for name in ("totals", "currency", "timezone")}
    return success(shape["rows"], count=len(shape["rows"]), **more)


@router.get(
    "/metrics/summary/{userId}", tags=["metrics"], response_model=models.Answer[models.Table],
    responses=fails(404),
)  # fmt: skip
def summary(
    server: Shared,
    user: Merchant,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = USUAL_DAYS,
) -> Response:
    """Totals of the last shop days, with their daily rows."""
    return success(table_shape(asked_table(server.runtime, user, days=days)))


def _cost(user: User, cost: ProductCost) -> dict[str, Any]:
    return cost_shape(cost) | {"id": cost_entry.outside_id(user, cost)}


def _begin_sync(server: Server, access: Access, document: dict[str, Any]) -> "Future[SyncReport]":
    user_id, request = manual_request(document)
    user = visible_user(server.runtime, access, user_id)
    if not user.is_active:
        raise UsageError("userId: this user is not active; set isActive to true first")
    return server.syncs.start(user, request)
