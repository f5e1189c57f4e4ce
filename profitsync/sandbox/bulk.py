"""Bulk operations of one sandbox shop: begun by a mutation, watched by queries, ended as a file to fetch.

An operation moves on when somebody looks at it: CREATED, then RUNNING, then ended. Its orders are as they were
when it began. The file is made on disk, a few seconds' worth per look, and sent from there.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from profitsync.sandbox.bulk_job import BulkJob
from profitsync.sandbox.bulk_rows import Denial, RowMaker
from profitsync.sandbox.bulk_rules import BulkRules, RuleError
from profitsync.sandbox.execution import Root
from profitsync.sandbox.graphql import Field, Operation, Path, QueryError
from profitsync.sandbox.http import Answer, Request, html_answer
from profitsync.sandbox.paging import PAGING_ARGUMENTS, Page, page_of_list
from profitsync.sandbox.render_values import Node, gid, timestamp
from profitsync.sandbox.search import compile_search, instants, texts
from profitsync.sandbox.shopify_data import ShopData

URL_LIFE = timedelta(days=7)
JSONL = "application/jsonl"
ACTIVE = ("CREATED", "RUNNING", "CANCELING")
REFUSALS = {
    "invalid": ("INVALID", "Invalid bulk query"),
    "limit-reached": ("LIMIT_REACHED", "Bulk query limit reached"),
    "in-progress": (
        "OPERATION_IN_PROGRESS",
        "A bulk query operation for this app and shop is already in progress",
    ),
}
ENDINGS = {"failed": "FAILED", "canceled": "CANCELED", "expired": "EXPIRED"}


@dataclass(frozen=True, slots=True)
class BulkStyle:
    """How operations behave. `seed` None: parents first, each followed by its children."""

    seed: int | None = 1  # of the order of the rows
    most: int = 5  # operations at a time
    budget: float = 20.0  # seconds of work on the file per look; an answer must not be late


@dataclass(slots=True)
class BulkOperations:
    """All operations of one shop. `data` is the shop as it is now."""

    data: ShopData
    clock: Callable[[], datetime]
    style: BulkStyle
    jobs: dict[str, BulkJob] = field(default_factory=dict)
    _fate: str = ""
    _denied: Denial = None
    _base_url: str = ""

    def begin(self, base_url: str, fate: str, denied: Denial) -> None:
        """Start an answer. `fate` is what goes wrong with an operation that it begins."""
        self._base_url, self._fate, self._denied = base_url, fate, denied

    def close(self) -> None:
        """Remove the files."""
        for job in self.jobs.values():
            job.file.close()

    def queries(self) -> Mapping[str, Root]:
        """The root fields of queries."""
        listing = PAGING_ARGUMENTS | {"query", "sortKey"}
        return {
            "bulkOperation": Root(frozenset({"id"}), self._one),
            "bulkOperations": Root(listing, self._list),
        }

    def mutations(self) -> Mapping[str, Root]:
        """The root fields of mutations."""
        return {
            "bulkOperationRunQuery": Root(frozenset({"query", "groupObjects"}), self._run),
            "bulkOperationCancel": Root(frozenset({"id"}), self._cancel),
        }

    # --- beginning and ending

    def _run(self, field: Field, _path: Path) -> Node:
        text = str(field.arguments.get("query", ""))
        running = [job.id for job in self.jobs.values() if job.status in ACTIVE]
        try:
            if self._fate in REFUSALS:
                return _payload("RunQuery", None, *REFUSALS[self._fate])
            if len(running) >= self.style.most:
                code, message = REFUSALS["in-progress"]
                return _payload("RunQuery", None, code, f"{message}: {', '.join(running)}.")
            job = self._begun(text)
        except RuleError as error:
            return _payload("RunQuery", None, "INVALID", str(error), ["query"])
        self.jobs[job.id] = job
        return _payload("RunQuery", self._node(job))

    def _begun(self, text: str) -> BulkJob:
        BulkRules(text).check()
        operation = Operation(text, {})
        (root,) = operation.root_fields()
        try:
            drafts, render = self.data.matching(root, (root.key,))
            for draft in drafts[:1]:  # the sandbox has no schema: only an object tells which fields there are
                list(RowMaker.of(operation, None).rows(root, render(draft)))
        except QueryError as error:
            raise RuleError(f"Invalid bulk query: {error}") from None
        job = BulkJob(len(self.jobs) + 1, text, self.clock(), self._fate)
        maker = RowMaker.of(operation, self._denied)

        def work() -> Iterator[None]:
            for draft in drafts[1:] if job.fate == "left-out" else drafts:
                job.write(maker.rows(root, render(draft)))
                if maker.execution.errors:
                    job.error_code = "ACCESS_DENIED"
                    return
                yield

        job.work = work()
        return job

    def _cancel(self, field: Field, _path: Path) -> Node:
        job = self.jobs.get(str(field.arguments.get("id")))
        if job is None:
            return _payload("Cancel", None, None, "Bulk operation does not exist", ["id"])
        if job.status not in ACTIVE:
            message = f"A bulk operation cannot be canceled when it is {job.status.lower()}"
            return _payload("Cancel", self._node(job), None, message)
        job.status = "CANCELING"
        return _payload("Cancel", self._node(job))

    # --- looking

    def _one(self, field: Field, _path: Path) -> Node | None:
        job = self.jobs.get(str(field.arguments.get("id")))
        if job is None:
            return None
        self._move(job)
        return self._node(job)

    def _list(self, field: Field, path: Path) -> Page:
        terms = {
            "status": texts(lambda job: job.status),
            "operation_type": texts(lambda _: "query"),
            "created_at": instants(lambda job: job.created_at, self.data.zone),
        }
        search = compile_search(field.arguments.get("query"), terms, terms["status"])
        if search.warnings:
            self.data.warnings.append({"path": list(path), "warnings": search.warnings})
        for job in self.jobs.values():
            if job.status == "CREATED" and self.clock() > job.created_at:
                job.status = "RUNNING"
        newest_first = reversed([job for job in self.jobs.values() if search.matches(job)])
        return page_of_list([self._node(job) for job in newest_first], field, path)

    def _move(self, job: BulkJob) -> None:
        """One step on."""
        if job.status == "CREATED":
            job.status = "RUNNING"
        elif job.status == "CANCELING":
            job.status = "CANCELED"
        elif job.status == "RUNNING" and job.fate != "endless":
            until = time.monotonic() + self.style.budget
            if all(time.monotonic() < until for _ in job.work):  # false: there is more to do
                self._end(job)

    def _end(self, job: BulkJob) -> None:
        job.complete(self.style.seed)
        job.status = "FAILED" if job.error_code else ENDINGS.get(job.fate, "COMPLETED")
        if job.status == "FAILED" and not job.error_code:
            job.error_code = "INTERNAL_SERVER_ERROR"
        if job.status == "COMPLETED":
            job.completed_at = self.clock()

    def _node(self, job: BulkJob) -> Node:
        done = job.completed_at
        address = (
            f"{self._base_url}/{self.data.world.host}/admin/bulk/{job.number}.jsonl?signature={job.signature}"
        )
        there = done is not None and job.rows and job.fate != "no-file" and self.clock() < done + URL_LIFE
        partial = job.status == "FAILED" and job.error_code == "INTERNAL_SERVER_ERROR" and job.rows
        return {
            "__typename": "BulkOperation",
            "id": job.id,
            "type": "QUERY",
            "status": job.status,
            "errorCode": job.error_code,
            "createdAt": timestamp(job.created_at),
            "completedAt": timestamp(done),
            "objectCount": str(job.rows),
            "rootObjectCount": str(job.roots),
            "fileSize": str(job.size) if there else None,
            "url": address if there else None,
            "partialDataUrl": address if partial else None,
            "query": job.text,
        }

    # --- the file

    def file(self, number: str, request: Request) -> Answer:
        """The rows; signed, so a token is neither needed nor welcome."""
        job = self.jobs.get(gid("BulkOperation", number))
        if job is None or request.query.get("signature") != job.signature:
            return _storage_error(403, "SignatureDoesNotMatch")
        if {"authorization", "x-shopify-access-token"} & request.headers.keys():
            return _storage_error(401, "AuthenticationRequired")
        expired = job.completed_at is not None and self.clock() >= job.completed_at + URL_LIFE
        if expired or job.fate == "lost-file":
            return _storage_error(403, "ExpiredToken")
        if job.fate == "html":
            return html_answer(200, "Welcome")
        rows = job.rows
        if job.fate == "missing-rows":
            rows -= 1
        elif job.status == "FAILED":
            rows //= 2
        size = job.bytes_of(rows)
        answer = Answer(200, b"", JSONL, parts=lambda: job.content(rows), length=size)
        return answer.cut(size // 2) if job.fate == "half-file" else answer


def _payload(
    name: str, job: Node | None, code: str | None = None, message: str = "", place: list[str] | None = None
) -> Node:
    error = {"__typename": "BulkOperationUserError", "field": place, "message": message, "code": code}
    return {
        "__typename": f"BulkOperation{name}Payload",
        "bulkOperation": job,
        "userErrors": [error] if message else [],
    }


def _storage_error(status: int, code: str) -> Answer:
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>"
    return Answer(status, body.encode(), "application/xml; charset=UTF-8")
