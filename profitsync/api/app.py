"""Puts the server together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from profitsync import __version__
from profitsync.api import open_routes, routes
from profitsync.api.answers import of_expected, of_http, of_invalid
from profitsync.api.frame import DOCS, Frame
from profitsync.api.guard import Refusals, Seen, Server
from profitsync.api.inputs import body_schemas
from profitsync.bootstrap import Runtime
from profitsync.errors import ProfitsyncError
from profitsync.services.workers import HintWorker, ManualSyncs

SYNC_SECONDS = 900.0  # how long a sync on request may take
_DESCRIPTION = """Daily profit figures of merchants. Money is a JSON number, digit for digit; `null` is "not
defined" or "not known". Days are those of the shop's zone. Every answer carries an `X-Request-ID`."""


def create_server(runtime: Runtime, sync_seconds: float = SYNC_SECONDS) -> Server:
    """What the routes share, and what is at work beside them."""
    syncs, hints = ManualSyncs(runtime, sync_seconds), HintWorker(runtime)
    return Server(runtime, syncs, hints, Refusals(runtime.clock), Seen())


def create_app(runtime: Runtime, sync_seconds: float = SYNC_SECONDS) -> FastAPI:
    """The application. Webhooks are followed up while it runs, that is within its lifespan.

    `app.state.server.stop()` ends what is at work beside the answers.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        server: Server = app.state.server
        server.hints.start()
        try:
            yield
        finally:
            await run_in_threadpool(server.close)

    app = FastAPI(
        title="profitsync", version=__version__, description=_DESCRIPTION, lifespan=lifespan,
        docs_url=DOCS, redoc_url=None, swagger_ui_oauth2_redirect_url=None, redirect_slashes=False,
    )  # fmt: skip
    app.state.server = create_server(runtime, sync_seconds)
    app.include_router(open_routes.router)
    app.include_router(routes.router)
    app.include_router(open_routes.webhooks)
    app.add_exception_handler(ProfitsyncError, of_expected)
    app.add_exception_handler(RequestValidationError, of_invalid)
    app.add_exception_handler(HTTPException, of_http)
    if runtime.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=runtime.settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    app.add_middleware(Frame)  # the last one added is the outermost
    document = app.openapi

    def openapi() -> dict[str, Any]:
        """FastAPI's document, with the bodies that the services read themselves."""
        made = document()
        made["components"]["schemas"].update(body_schemas())
        return made

    app.openapi = openapi  # type: ignore[method-assign] # the documented way to extend it
    return app
