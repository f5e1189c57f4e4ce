"""Meta's Marketing API as the sandbox serves it: ad accounts, their daily insights, reports, and token checks.

Paths: `/{version}/act_{id}`, `/{version}/act_{id}/insights` (GET, or POST for a report), `/{version}/{report}`,
`/{version}/{report}/insights`, `/{version}/debug_token`. Insights are served at account level, day by day or as
one sum; breakdowns and other levels are not.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from profitsync.sandbox.faults import Fault
from profitsync.sandbox.http import Answer, Request, json_answer
from profitsync.sandbox.meta_errors import CODE_OF_STATUS, GraphError
from profitsync.sandbox.meta_insights import days_of, fields_of, page_of, refuse_unknown, rows_of
from profitsync.sandbox.meta_limits import Blocks, block_length, usage_headers, with_headers
from profitsync.sandbox.meta_reports import Report, ReportDesk
from profitsync.sandbox.render_meta import account_node
from profitsync.sandbox.world import MetaWorld, World

VERSIONS = ("v25.0", "v26.0")  # of the Marketing API; older ones have expired
_PATH = re.compile(
    r"/(?P<version>v\d+\.\d+)/(?:(?P<debug>debug_token)|(?:act_(?P<account>\d+)|(?P<report>\d+))(?P<insights>/insights)?)/?"
)


class MetaApi:
    """All ad accounts of the sandbox."""

    name = "meta"

    def __init__(self, worlds: Sequence[World], clock: Callable[[], datetime]) -> None:
        self._worlds = worlds
        self._clock = clock
        self._blocks = Blocks(clock)
        self._desk = ReportDesk(clock)

    def operation(self, request: Request) -> str:
        """The path; it holds no token. Asking for a report is told from a query by its last word."""
        if request.method == "POST":
            return request.path.rstrip("/").removesuffix("/insights") + "/report"
        return request.path

    def merchant(self, request: Request) -> str:
        """The ad account's digits."""
        match = _PATH.fullmatch(request.path)
        if match and (report := self._desk.find(match["report"] or "")):
            return report.account.account_id
        return match["account"] or "" if match else ""

    def error(self, status: int) -> Answer:
        """The error body of the code that comes with an HTTP status."""
        return GraphError(CODE_OF_STATUS.get(status, 2 if status >= 500 else 100)).answer(status)

    def answer(self, request: Request, fault: Fault | None) -> Answer:
        """Whatever was asked for, in the shape the fault gives it."""
        account_id = self.merchant(request)
        kind = fault.kind if fault else ""
        if fault is not None and kind == "blocked":
            self._blocks.begin(account_id, block_length(fault))
        if refusal := self._blocks.refusal(account_id):
            return refusal
        try:
            if fault is not None and fault.meta_code is not None:
                raise GraphError(fault.meta_code, fault.meta_subcode)
            if kind == "credentials":
                raise GraphError(190, 463)
            answer = self._answer(request, fault)
        except GraphError as error:
            return error.answer()
        percent = float(fault.value) if fault is not None and kind == "usage" else 0
        if account_id:
            answer = with_headers(answer, usage_headers(account_id, percent, regain=5 if percent >= 100 else 0))
        if kind == "version-warning":
            answer = with_headers(answer, {"X-Ad-Api-Version-Warning": "The call has been auto-upgraded"})
        return answer

    def _answer(self, request: Request, fault: Fault | None) -> Answer:
        match = _PATH.fullmatch(request.path)
        if match is None or request.method not in ("GET", "POST"):
            raise GraphError(2500)
        given = request.form() if request.method == "POST" else request.query
        token = request.bearer() or given.get("access_token") or ""
        own = [meta for meta in self._metas() if token and _same(meta.access_token, token)]
        if not own:
            raise GraphError(190) if token else GraphError(
                2500, message="An active access token must be used to query information about the current user."
            )  # fmt: skip
        _demand_proof(own, token, given)
        if match["debug"]:
            return self._debug(request)
        if match["version"] not in VERSIONS:
            raise GraphError(2635)
        if match["report"]:
            report = self._own_report(match["report"], own)
            return json_answer(page_of(report.result(), request, token) if match["insights"] else report.status())
        account = next((meta for meta in own if meta.account_id == match["account"]), None)
        if account is None:
            raise _unknown(f"act_{match['account']}")
        if match["insights"]:
            return self._insights(account, request, given, token, fault)
        node = account_node(account)
        wanted = {"id", *(fields_of(request.query) or ("account_id",))}
        refuse_unknown(wanted - node.keys())
        return json_answer({name: value for name, value in node.items() if name in wanted})

    def _metas(self) -> list[MetaWorld]:
        return [account for world in self._worlds for account in world.ad_accounts]

    def _debug(self, request: Request) -> Answer:
        asked = request.query.get("input_token", "")
        found = [meta for meta in self._metas() if _same(meta.access_token, asked)]
        if not found:
            error = {"code": 190, "message": "Invalid OAuth access token."}
            return json_answer({"data": {"error": error, "is_valid": False, "scopes": []}})
        token = found[0].token
        scopes = list(token.scopes)
        now = int(self._clock().timestamp())
        targets = [meta.account_id for meta in found]
        return json_answer({"data": {
            "app_id": "1", "type": token.kind, "application": "sandbox", "user_id": "1",
            "is_valid": not 0 < token.expires_at <= now, "expires_at": token.expires_at, "issued_at": now,
            "data_access_expires_at": token.data_access_expires_at, "scopes": scopes,
            "granular_scopes": [{"scope": scope, "target_ids": targets} for scope in scopes],
        }})  # fmt: skip

    def _insights(
        self, account: MetaWorld, request: Request, query: Mapping[str, str], token: str, fault: Fault | None
    ) -> Answer:
        days = days_of(account, query, self._clock())
        rows = rows_of(account, query, days)
        kind, value = (fault.kind, fault.value) if fault else ("", "")
        if request.method == "POST":
            report = self._desk.ask(account, rows, value if kind == "report" else "")
            return json_answer({"report_run_id": report.id})
        if kind == "too-much" and len(days) > float(value):
            raise GraphError(1, 99)
        return json_answer(page_of(rows, request, token, empty=kind == "empty-page"))

    def _own_report(self, report_id: str, own: Sequence[MetaWorld]) -> Report:
        report = self._desk.find(report_id)
        if report is None or report.account not in own:
            raise _unknown(report_id)
        return report


def _demand_proof(own: Sequence[MetaWorld], token: str, given: Mapping[str, str]) -> None:
    for secret in {meta.app_secret for meta in own if meta.app_secret}:
        proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if not _same(given.get("appsecret_proof", ""), proof):
            raise GraphError(100, message="API calls from the server require an appsecret_proof argument")


def _unknown(name: str) -> GraphError:
    return GraphError(100, 33, f"Unsupported get request. Object with ID '{name}' does not exist, cannot be "
                               "loaded due to missing permissions.")  # fmt: skip


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
