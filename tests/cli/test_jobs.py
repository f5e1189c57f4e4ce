"""`jobs`: what each sync did."""

import pytest

from profitsync.domain.merchants import User
from profitsync.stores.protocol import Store
from tests.cli.conftest import Run
from tests.cli.samples import EMAIL, a_job, a_user


@pytest.fixture(autouse=True)
def user(store: Store) -> User:
    merchant = a_user(store)
    store.put_job(a_job(merchant, 1))
    store.put_job(
        a_job(
            merchant, 2, status="failed", records_synced=1234, days_written=5,
            since="2026-11-02", until="2026-11-05",
            errors=("meta: the credentials were refused",), warnings=("shopify: [odd]",),
            sources={"meta": {"status": "failed", "records": 0, "requests": 1, "error": "refused"}},
        )
    )  # fmt: skip
    store.put_job(a_job(a_user(store, "other@shop.example", "other.myshopify.com"), 3))
    return merchant


def test_the_newest_come_first(run: Run) -> None:
    assert [job["jobId"] for job in run("jobs", "list", "--json").json()] == ["job3", "job2", "job1"]


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        (f"--user {EMAIL}", ["job2", "job1"]),
        ("--status failed", ["job2"]),
        ("--limit 1", ["job3"]),
        ("--status running", []),
    ],
)
def test_the_list_can_be_narrowed(flags: str, ids: list[str], run: Run) -> None:
    assert [job["jobId"] for job in run("jobs", "list", *flags.split(), "--json").json()] == ids


def test_a_job_has_the_documented_shape(run: Run) -> None:
    assert run("jobs", "show", "job2", "--json").json() == {
        "jobId": "job2",
        "userId": "owner",
        "status": "failed",
        "startedAt": "2026-11-05T12:02:00Z",
        "completedAt": None,
        "since": "2026-11-02",
        "until": "2026-11-05",
        "recordsSynced": 1234,
        "daysWritten": 5,
        "errors": ["meta: the credentials were refused"],
        "warnings": ["shopify: [odd]"],
        "sources": {"meta": {"status": "failed", "records": 0, "requests": 1, "error": "refused"}},
        "createdAt": "2026-11-05T12:02:00Z",
    }


def test_people_see_errors_and_warnings_in_full(run: Run) -> None:
    text = run("jobs", "show", "job2").out

    assert "error      meta: the credentials were refused" in text
    assert "warning    shopify: [odd]" in text
    assert "1,234" in text


def test_the_table_names_the_merchant(run: Run) -> None:
    line = run("jobs", "list").out.splitlines()[2]

    assert line.split() == ["job2", EMAIL, "failed", "2026-11-05", "12:02Z", "1,234", "5", "1"]


def test_the_beginning_of_an_id_is_enough_where_it_is_unique(run: Run, store: Store, user: User) -> None:
    store.put_job(a_job(user, 44))

    assert run("jobs", "show", "job4", "--json").json()["jobId"] == "job44"
    assert run("jobs", "show", "job").errors == ["4 jobs begin with 'job'; give more of the id"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("show job9", "unknown job 'job9'"),
        ("list --user nobody", "unknown user 'nobody'"),
        ("list --status done", "--status 'done': must be one of running, completed, failed"),
        ("list --limit 0", "Invalid value for '--limit'"),
    ],
)
def test_bad_input_is_one_line(arguments: str, message: str, run: Run) -> None:
    result = run("jobs", *arguments.split())

    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert result.errors[0].startswith(message)
