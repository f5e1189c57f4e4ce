"""The routes without a key: whether the server is alive, and webhooks, which prove themselves."""

import logging
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Request, Response, Security
from fastapi.security import APIKeyHeader

from profitsync import __version__
from profitsync.api import models
from profitsync.api.answers import BodyError, failure, success
from profitsync.api.guard import RawBody, Server, Shared
from profitsync.api.inputs import takes_any
from profitsync.api.routes import UserId, fails
from profitsync.domain.hints import Hint
from profitsync.errors import StoreUnavailableError, UsageError
from profitsync.services.health import health
from profitsync.services.shapes import instant
from profitsync.services.webhooks import ForgedError, shiprocket_hint, shopify_hint

log = logging.getLogger(__name__)
_SIGNATURE = APIKeyHeader(
    name="X-Shopify-Hmac-SHA256", auto_error=False, scheme_name="ShopifySignature",
    description="base64 of the HMAC-SHA256 over the body, with the app's client secret",
)  # fmt: skip
_TOKEN = APIKeyHeader(
    name="X-Api-Key", auto_error=False, scheme_name="ParcelToken",
    description="The token of `profitsync webhooks show`; anx-api-key is taken as well",
)  # fmt: skip

router = APIRouter()
webhooks = APIRouter(
    prefix="/webhooks", tags=["webhooks"], responses=fails(400, 401, 413, 422, 500),
)  # fmt: skip


@router.get(
    "/", tags=["health"], response_model=models.Answer[models.Health], operation_id="root",
    responses={503: {"model": models.Failure, "description": "The store cannot be reached"}},
)  # fmt: skip
@router.get(
    "/health", tags=["health"], response_model=models.Answer[models.Health], operation_id="health",
    responses={503: {"model": models.Failure, "description": "The store cannot be reached"}},
)  # fmt: skip
def show_health(server: Shared) -> Response:
    """Whether the server and its store are alive, and when a sync last succeeded. Open to everybody."""
    try:
        found = health(server.runtime)
    except StoreUnavailableError as error:
        log.error("%s", error)
        return failure("the store cannot be reached", 503)
    return success(
        {
            "name": "profitsync", "version": __version__, "store": "ok",
            "lastSyncAt": instant(found.last_sync_at), "lastSyncAgeSeconds": found.age_seconds,
        }
    )  # fmt: skip


@webhooks.post("/shopify/{userId}", response_model=models.Answer[models.Received], openapi_extra=takes_any())
def shopify(
    server: Shared,
    request: Request,
    user_id: UserId,
    body: RawBody,
    _signature: Annotated[str | None, Security(_SIGNATURE)] = None,
) -> Response:
    """A webhook of a user's shop: its order is read again soon. Topics that concern no order are left aside."""
    headers = request.headers
    topic = headers.get("x-shopify-topic", "")
    tokens = [(user_id, topic, sha256(body).digest())]
    if webhook_id := headers.get("x-shopify-webhook-id"):
        tokens.append((user_id, webhook_id, b""))
    try:
        hint = shopify_hint(server.runtime, user_id, headers, body)
    except ForgedError:
        log.warning("a Shopify webhook was refused", extra={"userId": user_id})
        raise
    except UsageError as error:
        raise BodyError(str(error)) from None
    return _note(server, hint, tokens)


@webhooks.post("/shiprocket/{userId}", response_model=models.Answer[models.Received], openapi_extra=takes_any())
@webhooks.post("/parcels/{userId}", response_model=models.Answer[models.Received], openapi_extra=takes_any())
def parcels(
    server: Shared,
    request: Request,
    user_id: UserId,
    body: RawBody,
    _token: Annotated[str | None, Security(_TOKEN)] = None,
) -> Response:
    """A webhook of a user's Shiprocket company: its parcel is read again soon.

    Shiprocket takes no address with its own name in it, hence the path `/webhooks/parcels`.
    """
    try:
        hint = shiprocket_hint(server.runtime, user_id, request.headers, body)
    except ForgedError:
        log.warning("a Shiprocket webhook was refused", extra={"userId": user_id})
        raise
    except UsageError as error:
        raise BodyError(str(error)) from None
    return _note(server, hint, [(user_id, "parcel", sha256(body).digest())])


def _note(server: Server, hint: Hint | None, tokens: list[tuple[str, str, bytes]]) -> Response:
    """Put the hint into the store, once; what was noted before is acknowledged all the same."""
    if hint is None or any(token in server.seen for token in tokens):
        return success({"queued": False})
    server.runtime.store.put_hint(hint)
    for token in tokens:
        server.seen.add(token)
    server.hints.wake()
    return success({"queued": True})
