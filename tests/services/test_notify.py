"""Notifications: one message per incident, one when it is over, and never a failure of the sync."""

import json
import logging
from dataclasses import replace

import pytest
import requests
import responses

from profitsync.errors import ConfigurationError
from profitsync.services.notify import Notice, NotificationError, notify, of_sync, sender
from profitsync.services.reports import SyncReport, UserReport
from profitsync.sources.errors import CredentialsError
from tests.services.conftest import Shop

EXPIRED = CredentialsError("Meta: the token has expired")
HOOK = "http://127.0.0.1:9/topsecret"


class Inbox:
    """Takes messages, unless told not to."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self.failure: Exception | None = None

    def __call__(self, title: str, body: str) -> None:
        if self.failure:
            raise self.failure
        self.messages.append((title, body))


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def run(shop: Shop, inbox: Inbox, **request: object) -> None:
    """A sync with what comes after it."""
    shop.later(hours=1)
    notify(shop.runtime, of_sync(shop.runtime, shop.sync(days=1, **request)), inbox)


def test_an_incident_is_told_once_and_its_end_once(shop: Shop, inbox: Inbox) -> None:
    run(shop, inbox)
    shop.sources.ads.failure = EXPIRED
    run(shop, inbox)
    run(shop, inbox)
    shop.sources.ads.failure = None
    run(shop, inbox)
    run(shop, inbox)

    assert inbox.messages == [
        ("profitsync: 1 merchant in trouble", "owner@example.com: Meta: the token has expired"),
        ("profitsync: 1 merchant recovered", "owner@example.com: all is well again"),
    ]


def test_the_next_incident_is_told_again(shop: Shop, inbox: Inbox) -> None:
    for failure in (EXPIRED, None, EXPIRED):
        shop.sources.ads.failure = failure
        run(shop, inbox)

    assert [title.split()[-1] for title, _ in inbox.messages] == ["trouble", "recovered", "trouble"]


def test_a_sync_of_another_source_does_not_end_an_incident(shop: Shop, inbox: Inbox) -> None:
    shop.sources.ads.failure = EXPIRED
    run(shop, inbox)

    run(shop, inbox, sources=frozenset({"shopify"}))

    assert len(inbox.messages) == 1


def test_a_message_nobody_took_is_sent_with_the_next_run(
    shop: Shop, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    shop.sources.ads.failure, inbox.failure = EXPIRED, RuntimeError("with topsecret inside")
    run(shop, inbox)
    inbox.failure = None

    run(shop, inbox)
    run(shop, inbox)

    assert len(inbox.messages) == 1
    assert "a notification was not sent: RuntimeError" in caplog.text
    assert "topsecret" not in caplog.text


def test_merchants_in_trouble_at_the_same_time_are_one_message(shop: Shop, inbox: Inbox) -> None:
    notices = [Notice("u1", "a@shop.example", "meta: x"), Notice("u2", "b@shop.example", "shopify: y")]

    notify(shop.runtime, notices, inbox)
    notify(shop.runtime, notices, inbox)

    assert inbox.messages == [
        ("profitsync: 2 merchants in trouble", "a@shop.example: meta: x\nb@shop.example: shopify: y")
    ]


def test_a_merchant_held_by_another_run_is_no_news(shop: Shop) -> None:
    locked = UserReport("u1", "owner@example.com", error="another run holds the lock", locked=True)

    assert of_sync(shop.runtime, SyncReport((locked,))) == []
    assert len(of_sync(shop.runtime, SyncReport((replace(locked, locked=False),)))) == 1


def test_apprise_carries_the_message() -> None:
    with responses.RequestsMock() as mock:
        mock.post(HOOK)
        sender([HOOK.replace("http", "json")])("a title", "a body")
        body = json.loads(mock.calls[0].request.body or "")

    assert (body["title"], body["message"]) == ("a title", "a body")


def test_one_address_that_takes_it_is_enough_and_none_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock, caplog.at_level(logging.DEBUG):
        mock.post(HOOK)
        mock.post("http://127.0.0.1:9/topsecret2", body=requests.ConnectionError("topsecret"))
        two = [HOOK.replace("http", "json"), "json://127.0.0.1:9/topsecret2"]
        sender(two)("t", "b")
        with pytest.raises(NotificationError, match="no address of PROFITSYNC_NOTIFY_URLS took the message"):
            sender(two[1:])("t", "b")

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("profitsync")]
    assert ours == ["1 of 2 addresses did not take a notification"]
    assert not any(record.name.startswith("apprise") for record in caplog.records)


def test_an_address_that_cannot_be_used_is_named_by_its_number() -> None:
    with pytest.raises(ConfigurationError, match=r"cannot use address 2$"):
        sender([HOOK.replace("http", "json"), "nonsense://topsecret"])


def test_without_apprise_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "apprise", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'profitsync\[notify\]'"):
        sender([HOOK])
