"""What every store does when several threads, or several processes, use it at the same time."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier

from profitsync.bootstrap import open_store
from profitsync.stores.protocol import Store
from tests.contract.samples import ALL_DAYS, NOW, day, full_ad_day, full_row, indexed, later, order, shipment

U = "u1"
EIGHT = 8
_start: Barrier
_PROCESSES = multiprocessing.get_context("forkserver")  # forks a process without threads, not this one
_PROCESSES.set_forkserver_preload(["__main__", __name__])


def _meet(barrier: Barrier) -> None:
    global _start
    _start = barrier


def in_processes(work: Callable[[str, int], bool], url: str) -> list[bool]:
    """What `work` answers in each of eight processes that begin at the same moment."""
    with _PROCESSES.Pool(EIGHT, initializer=_meet, initargs=(_PROCESSES.Barrier(EIGHT),)) as pool:
        answers = pool.starmap(work, [(url, number) for number in range(EIGHT)], chunksize=1)
        pool.close()
        pool.join()
    return answers


def prepare_write_and_ask_for_a_lease(url: str, number: int) -> bool:
    store = open_store(url)
    _start.wait(60)
    try:
        store.prepare()
        store.put_orders(U, [indexed(order(number * 100 + one), 2) for one in range(20)])
        store.mark_dirty(U, "shopify", [day(2), day(3)])
        return store.acquire_lease("sync:u1", f"process {number}", NOW, 120)
    finally:
        store.close()


def take_over(url: str, number: int) -> bool:
    store = open_store(url)
    _start.wait(60)
    try:
        return store.acquire_lease("sync:u1", f"process {number}", later(seconds=120), 120)
    finally:
        store.close()


def test_eight_processes_on_a_new_store_lose_nothing_and_one_gets_the_lease(store_url: str) -> None:
    answers = in_processes(prepare_write_and_ask_for_a_lease, store_url)

    store = open_store(store_url)
    try:
        assert answers.count(True) == 1
        assert sum(len(batch) for batch in store.orders_touching(U, ALL_DAYS)) == EIGHT * 20
        assert store.dirty_days(U) == {"shopify": {day(2), day(3)}}
    finally:
        store.close()


def test_of_eight_processes_one_takes_over_a_dead_runs_lease(store: Store, store_url: str) -> None:
    store.acquire_lease("sync:u1", "dead", NOW, 120)

    assert in_processes(take_over, store_url).count(True) == 1


def test_of_many_threads_one_gets_the_lease(store: Store) -> None:
    with ThreadPoolExecutor(EIGHT) as threads:
        won = list(threads.map(lambda n: store.acquire_lease("sync:u1", f"thread {n}", NOW, 120), range(40)))

    assert won.count(True) == 1


def test_three_sources_write_through_one_store_while_it_is_read(store: Store) -> None:
    def orders(part: int) -> None:
        store.put_orders(U, [indexed(order(part * 100 + one), 2) for one in range(20)])

    def shipments(part: int) -> None:
        store.put_shipments(U, [indexed(shipment(part * 100 + one), 2) for one in range(20)])

    def ads_and_figures(part: int) -> None:
        store.put_ad_days(U, [full_ad_day(day=day(part + 1))])
        store.put_metrics(U, [full_row(part + 1)])
        store.mark_dirty(U, "meta", [day(part + 1)])

    def read(_part: int) -> None:
        for batch in store.orders_touching(U, ALL_DAYS):
            assert len({one.id for one in batch}) == len(batch)

    with ThreadPoolExecutor(4) as threads:
        jobs = [
            threads.submit(work, part) for part in range(10) for work in (orders, shipments, ads_and_figures, read)
        ]
        for job in jobs:
            job.result()

    assert sum(len(batch) for batch in store.orders_touching(U, ALL_DAYS)) == 200
    assert sum(len(batch) for batch in store.shipments_touching(U, ALL_DAYS)) == 200
    assert (
        len(store.ad_days(U, ALL_DAYS))
        == len(store.metrics(U, ALL_DAYS))
        == len(store.dirty_days(U)["meta"])
        == 10
    )
