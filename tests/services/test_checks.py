"""What the check of a merchant finds: in its sources, in its credentials and in what is stored."""

import threading
from dataclasses import replace

import pytest

from profitsync.domain.merchants import Job, SourceState
from profitsync.secrets import Vault, new_key
from profitsync.services.checks import Checked, Checkup, Finding, Level, check_merchants
from profitsync.sources.errors import CredentialsError, RetriableError
from tests.services.conftest import Shop
from tests.services.fakes import FakeMeta, FakeShiprocket, FakeShopify
from tests.unit.builders import line, order

GOOD = Finding(Level.OK, "token", "is valid")
TOKEN = "shpat_0123456789abcdef0123456789abcdef"


class Asked:
    """A source that can be asked about itself, and answers (or fails) as told."""

    def __init__(self) -> None:
        self.answer: list[Finding] | BaseException = [GOOD]
        self.times = 0

    def check(self) -> list[Finding]:
        self.times += 1
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class AskedShopify(Asked, FakeShopify):
    def __init__(self) -> None:
        Asked.__init__(self)
        FakeShopify.__init__(self)


class AskedMeta(Asked, FakeMeta):
    def __init__(self) -> None:
        Asked.__init__(self)
        FakeMeta.__init__(self)


class AskedShiprocket(Asked, FakeShiprocket):
    def __init__(self) -> None:
        Asked.__init__(self)
        FakeShiprocket.__init__(self)


@pytest.fixture
def meta(shop: Shop) -> AskedMeta:
    """All three sources can be asked; this one is what tests change."""
    shop.sources.shop, shop.sources.ads, shop.sources.parcels = AskedShopify(), AskedMeta(), AskedShiprocket()
    return shop.sources.ads


def check(shop: Shop, **more: float) -> list[tuple[str, str, str]]:
    """Everything but what is well, as (level, source and topic, text)."""
    (merchant,) = check_merchants(shop.runtime, [shop.stored()], **more)
    return [
        (str(line.finding.level), f"{line.source or ''} {line.finding.topic}".strip(), line.finding.text)
        for line in merchant.lines
        if line.finding.level is not Level.OK
    ]


def test_where_all_is_well_nothing_stands_out_and_each_source_was_asked_once(shop: Shop, meta: AskedMeta) -> None:
    shop.sync()

    (merchant,) = check_merchants(shop.runtime, [shop.stored()])

    assert Checkup((), (merchant,)).exit_code == 0
    assert [line.source for line in merchant.lines if line.finding == GOOD] == ["shopify", "meta", "shiprocket"]
    assert check(shop) == []
    assert meta.times == 2


@pytest.mark.parametrize(
    ("answer", "topic", "text"),
    [
        (
            CredentialsError("Meta: the token has expired"),
            "credentials",
            "Meta: the token has expired; `profitsync",
        ),
        (RetriableError("Meta: no answer in time"), "access", "Meta: no answer in time"),
        (ZeroDivisionError(TOKEN), "access", "unexpected fault (ZeroDivisionError); see the log"),
        ([Finding(Level.PROBLEM, "token", f"{TOKEN} ended")], "token", "[redacted] ended"),
    ],
    ids=["refused", "away", "fault", "its own finding"],
)
def test_a_source_in_trouble_is_a_problem_and_the_others_are_asked_all_the_same(
    answer: list[Finding] | BaseException, topic: str, text: str, shop: Shop, meta: AskedMeta
) -> None:
    shop.sync()
    meta.answer = answer

    ((level, where, told),) = check(shop)

    assert (level, where) == ("problem", f"meta {topic}")
    assert told.startswith(text)


def test_a_source_that_never_answers_holds_nobody_up(shop: Shop, meta: AskedMeta) -> None:
    never = threading.Event()
    meta.check = lambda: [GOOD] if never.wait(60) else []  # type: ignore[method-assign]

    found = check(shop, seconds=0.5)
    never.set()

    assert ("problem", "meta access", "no answer within 0.5 seconds; try again later") in found
    assert not any("shopify access" in where for _, where, _ in found)


def test_a_key_that_does_not_decrypt_is_told_and_no_source_is_asked(shop: Shop, meta: AskedMeta) -> None:
    shop.sync()
    shop.runtime.vault = Vault([new_key()])

    ((level, where, text),) = check(shop)

    assert (level, where, meta.times) == ("problem", "key", 0)
    assert text.startswith("PROFITSYNC_SECRET_KEY: does not decrypt")


def test_what_the_store_alone_tells_is_told(shop: Shop, meta: AskedMeta) -> None:
    shop.sources.shop.held = [order(line("1"))]
    shop.sync()
    shop.later(hours=9)
    shop.store.put_job(Job("a" * 32, "u1", "running", shop.clock.now, shop.clock.now))
    shop.store.mark_dirty("u1", "shopify", list(shop.rows())[:2])

    found = {where: text for level, where, text in check(shop) if level == "warning"}

    assert found.keys() == {"last sync", "jobs", "figures", "costs"}
    assert found["last sync"].startswith("shopify, meta, shiprocket was last read 9 h 0 min ago")
    assert found["jobs"].startswith("job aaaaaaaaaaaa ended without a word")
    assert found["figures"].startswith("2 days wait")
    assert found["costs"].startswith("1 product has no cost")


def test_a_job_at_work_is_none_left_behind_and_looking_keeps_no_sync_out(shop: Shop, meta: AskedMeta) -> None:
    shop.sync()
    shop.store.put_job(Job("a" * 32, "u1", "running", shop.clock.now, shop.clock.now))
    at_work = [where for _, where, _ in check(shop)]
    assert shop.store.acquire_lease("sync:u1", "a run", shop.clock.now, 120)

    assert at_work == ["jobs"]
    assert check(shop) == []
    assert shop.store.renew_lease("sync:u1", "a run", shop.clock.now, 120)


def test_a_deactivated_merchant_and_one_never_read_say_so(shop: Shop, meta: AskedMeta) -> None:
    assert [where for _, where, _ in check(shop)] == ["last sync"]
    shop.store.save_user(replace(shop.stored(), is_active=False))

    assert [(where, text.split(";")[0]) for _, where, text in check(shop)] == [("active", "deactivated")]


def test_a_source_that_is_off_is_not_asked(shop: Shop, meta: AskedMeta) -> None:
    user = shop.stored()
    secrets = {name: token for name, token in user.secrets.items() if name != "metaAccessToken"}
    shop.store.save_user(replace(user, secrets=secrets))
    shop.store.save_source_state("u1", SourceState("meta", notes={"currency": "USD"}))

    (merchant,) = check_merchants(shop.runtime, [shop.stored()])

    assert meta.times == 0
    off = Finding(Level.OK, "off", "not configured; its figures count as 0")
    assert [line for line in merchant.lines if line.source == "meta"] == [Checked("meta", off)]
