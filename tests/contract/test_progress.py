"""What every store does with source states and jobs."""

from profitsync.domain.merchants import SourceState
from profitsync.stores.protocol import Store
from tests.contract.samples import full_job, full_state, later

U = "u1"


def test_a_source_state_comes_back_as_it_was_saved(store: Store) -> None:
    store.save_source_state(U, full_state())
    store.save_source_state(U, SourceState("meta"))

    assert store.source_states(U) == {"shopify": full_state(), "meta": SourceState("meta")}
    assert store.source_states("u2") == {}


def test_a_saved_state_replaces_the_one_before(store: Store) -> None:
    store.save_source_state(U, full_state())
    store.save_source_state(U, SourceState("shopify", cursor=later(days=1)))

    assert store.source_states(U) == {"shopify": SourceState("shopify", cursor=later(days=1))}


def test_several_states_are_saved_at_once(store: Store) -> None:
    store.save_source_state(U, SourceState("meta", cursor=later(days=1)))

    store.save_source_states(U, [full_state(), SourceState("meta")])
    store.save_source_states(U, [])

    assert store.source_states(U) == {"shopify": full_state(), "meta": SourceState("meta")}


def test_a_job_comes_back_as_it_was_put(store: Store) -> None:
    store.put_job(full_job())

    assert store.job("j1") == full_job()
    assert store.job("unknown") is None


def test_a_job_put_again_is_replaced(store: Store) -> None:
    store.put_job(full_job(status="running", completed_at=None, errors=()))
    store.put_job(full_job())

    assert store.jobs() == [full_job()]


def test_jobs_come_newest_first_filtered_and_limited(store: Store) -> None:
    for number, (user, status) in enumerate(
        [("u1", "failed"), ("u2", "failed"), ("u1", "running"), ("u1", "failed")]
    ):
        store.put_job(full_job(job_id=f"j{number}", user_id=user, status=status, created_at=later(minutes=number)))

    def found(**asked: object) -> list[str]:
        return [job.job_id for job in store.jobs(**asked)]  # type: ignore[arg-type]

    assert found() == ["j3", "j2", "j1", "j0"]
    assert found(user_id="u1") == ["j3", "j2", "j0"]
    assert found(status="failed") == ["j3", "j1", "j0"]
    assert found(user_id="u1", status="failed", limit=1) == ["j3"]


def test_fifty_jobs_are_shown_unless_told_otherwise(store: Store) -> None:
    for number in range(51):
        store.put_job(full_job(job_id=f"j{number}", created_at=later(seconds=number)))

    assert len(store.jobs()) == 50
    assert len(store.jobs(limit=60)) == 51
