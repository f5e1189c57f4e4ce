"""`users`: registering, changing, showing; no secret leaves, and a refused input writes nothing."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from profitsync.bootstrap import Runtime
from profitsync.config import load_settings
from profitsync.domain.days import DayRange
from profitsync.domain.merchants import SourceState
from profitsync.secrets import Vault, new_key
from profitsync.services.lease import Lease
from profitsync.stores.protocol import Store
from tests.cli.conftest import Result, Run
from tests.cli.samples import DOCUMENT, EMAIL, NOW, SECRETS, TOKEN, a_user, everything, figures, text


@pytest.fixture
def added(run: Run) -> Result:
    result = run("users", "add", "--from", "-", stdin=text())
    assert result.code == 0, result.err
    return result


def test_a_merchant_is_stored_with_encrypted_secrets(added: Result, store: Store) -> None:
    (user,) = store.users()

    assert (user.email, user.shopify_store, user.meta_ad_account_id) == (EMAIL, "my-shop.myshopify.com", "123")
    assert Vault(load_settings().secret_keys).decrypt(user.secrets["shopifyAccessToken"]) == TOKEN
    assert not any(secret in repr(user.secrets) for secret in SECRETS)


def test_no_secret_appears_in_any_output(added: Result, run: Run, place: Path) -> None:
    outputs = [added, run("users", "list"), run("users", "list", "--json"), run("users", "show", EMAIL)]
    outputs.append(run("users", "show", EMAIL, "--json"))
    outputs.append(
        run("-v", "users", "update", EMAIL, "--from", "-", "--json", stdin=text(email="New@shop.example"))
    )
    written = "".join(file.read_text() for file in (place / "logs").iterdir())

    shown = "".join(result.out + result.err for result in outputs) + written
    assert not any(secret in shown or secret[-5:] in shown for secret in SECRETS)


def test_shown_as_json_a_merchant_has_the_documented_shape(added: Result, run: Run) -> None:
    shown = run("users", "show", EMAIL, "--json").json()

    assert list(shown) == [
        "id", "email", "isActive", "shopifyStore", "metaAdAccountId", "shopifyAccessToken", "shopifyClientId",
        "shopifyClientSecret", "shopifyWebhookSecret", "metaAccessToken", "metaAppSecret", "shiprocketEmail",
        "shiprocketPassword",
        "settings", "currency", "timezone", "lastSyncAt", "createdAt", "updatedAt", "sources",
    ]  # fmt: skip
    assert (shown["shopifyAccessToken"], shown["shopifyClientId"], shown["lastSyncAt"]) == ("set", None, None)
    assert shown["settings"]["estimatedCostRatio"] == 0.4
    assert shown["createdAt"].endswith("Z")
    assert shown["sources"]["meta"] == {"status": "on", "lastSuccessAt": None, "error": None}


@pytest.mark.parametrize(
    "ref", [EMAIL, EMAIL.upper(), "my-shop.myshopify.com", "my-shop", "https://my-shop.myshopify.com/"]
)
def test_a_merchant_is_found_by_email_and_store(ref: str, added: Result, run: Run) -> None:
    assert run("users", "show", ref, "--json").json()["email"] == EMAIL


def test_a_merchant_is_found_by_its_id(added: Result, run: Run, store: Store) -> None:
    assert run("users", "show", store.users()[0].id, "--json").json()["email"] == EMAIL


def test_the_file_may_carry_a_byte_order_mark(run: Run, place: Path) -> None:
    (place / "user.json").write_text("\ufeff" + text(), encoding="utf-8")

    assert run("users", "add", "--from", "user.json").code == 0


@pytest.mark.parametrize(
    ("stdin", "messages"),
    [
        ("{", ["standard input: not valid JSON at line 1, column 2"]),
        (text(metaAdAccountId=None), ["metaAdAccountId: is missing"]),
        (text(email="x", shopifyStore="shop.example"), ["email: is not", "shopifyStore: must be"]),
        (text(metaAccesToken="x"), ["metaAccesToken: is not a known field; did you mean metaAccessToken?"]),
        (text(settings={"fxRates": {"USD": -1}}), ["settings.fxRates.USD: must be"]),
    ],
)
def test_bad_input_is_refused_line_by_line_and_writes_nothing(
    stdin: str, messages: list[str], run: Run, store: Store
) -> None:
    a_user(store, "other@shop.example", "other.myshopify.com")
    before = list(everything(store))

    result = run("users", "add", "--from", "-", stdin=stdin)

    assert (result.code, result.out) == (2, "")
    assert len(result.err.splitlines()) == len(messages)
    assert all(error.startswith(message) for error, message in zip(result.errors, messages, strict=True))
    assert list(everything(store)) == before


@pytest.mark.parametrize("file", ["missing.json", "."])
def test_a_file_that_cannot_be_read_is_one_line(file: str, run: Run) -> None:
    result = run("users", "add", "--from", file)

    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert result.errors[0].startswith(f"{file}: cannot be read")


def test_a_taken_email_or_shop_is_refused(added: Result, run: Run, store: Store) -> None:
    same_shop = run("users", "add", "--from", "-", stdin=text(email="other@shop.example"))
    same_email = run("users", "add", "--from", "-", stdin=text(shopifyStore="other", email=EMAIL.upper()))

    assert (same_shop.code, same_email.code) == (2, 2)
    assert len(same_shop.errors) == len(same_email.errors) == 1
    assert len(store.users()) == 1


def test_without_a_key_nothing_is_stored(run: Run, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROFITSYNC_SECRET_KEY")

    result = run("users", "add", "--from", "-", stdin=text())

    assert (result.code, len(result.err.splitlines())) == (4, 1)
    assert result.errors[0].startswith("PROFITSYNC_SECRET_KEY: missing; `profitsync init` makes one")
    assert store.users() == []


def test_without_a_terminal_nobody_is_asked(run: Run, store: Store) -> None:
    result = run("users", "add")

    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert "--from" in result.errors[0]


@pytest.mark.parametrize("command", ["show", "activate", "deactivate", "remove"])
@pytest.mark.parametrize("ref", ["nobody@shop.example", "", "[red]"])
def test_an_unknown_merchant_is_usage(command: str, ref: str, added: Result, run: Run) -> None:
    result = run("users", command, ref)

    assert (result.code, len(result.err.splitlines()), result.out) == (2, 1, "")
    assert result.errors[0].startswith(f"unknown user '{ref}'")


def update(run: Run, **changes: Any) -> Result:
    return run("users", "update", EMAIL, "--from", "-", stdin=json.dumps(changes))


def test_an_update_changes_only_the_given_fields(added: Result, run: Run, store: Store) -> None:
    (before,) = store.users()

    assert update(run, settings={"estimatedCostRatio": 0.3}).code == 0

    (after,) = store.users()
    assert after.secrets == before.secrets
    assert str(after.settings.estimated_cost_ratio) == "0.3"
    assert after == replace(before, settings=after.settings, updated_at=after.updated_at)


def test_null_switches_a_source_off(added: Result, run: Run, store: Store) -> None:
    assert update(run, metaAccessToken=None, metaAdAccountId=None).code == 0

    (user,) = store.users()
    assert not user.configured("meta")
    assert user.meta_ad_account_id is None


def test_an_update_may_not_leave_half_a_source(added: Result, run: Run, store: Store) -> None:
    before = list(everything(store))

    result = update(run, metaAccessToken=None)

    assert (result.code, len(result.errors)) == (2, 1)
    assert list(everything(store)) == before


def test_from_token_to_client_pair_in_one_step(added: Result, run: Run, store: Store) -> None:
    result = update(run, shopifyAccessToken=None, shopifyClientId="id1", shopifyClientSecret="secret-of-app")

    assert result.code == 0
    assert {name for name in store.users()[0].secrets if name.startswith("shopify")} == {
        "shopifyClientId",
        "shopifyClientSecret",
    }


def test_a_merchant_with_orders_cannot_change_its_shop(added: Result, run: Run, store: Store) -> None:
    (user,) = store.users()
    store.save_user(replace(user, last_sync_at=NOW))

    result = update(run, shopifyStore="other")

    assert result.code == 2
    assert result.errors[0].startswith("shopifyStore: the stored orders belong to my-shop.myshopify.com")


def test_new_credentials_end_the_session_and_another_account_is_read_from_the_beginning(
    added: Result, run: Run, store: Store
) -> None:
    (user,) = store.users()
    for name in ("meta", "shiprocket"):
        kept = SourceState(name, cursor=NOW, tokens={"session": "x"}, notes={"a": "b"}, kept={"c": "d"})
        store.save_source_state(user.id, kept)

    assert update(run, shiprocketPassword="another", metaAdAccountId="act_999").code == 0

    states = store.source_states(user.id)
    assert states["shiprocket"] == SourceState("shiprocket", cursor=NOW, notes={"a": "b"})
    assert states["meta"] == SourceState("meta")


def test_an_ad_account_that_joins_another_makes_every_day_stale_until_it_was_read(
    added: Result, run: Run, store: Store
) -> None:
    (user,) = store.users()
    days = (DayRange(NOW.date(), NOW.date()),)
    read = SourceState("meta", cursor=NOW, covered=days, notes={"a": "b"}, kept={"c": "d"})
    store.save_source_state(user.id, read)

    assert update(run, metaAdAccountId=["act_123", "act_999"]).code == 0

    assert store.source_states(user.id)["meta"] == replace(read, stale=days)
    assert run("users", "show", EMAIL, "--json").json()["metaAdAccountId"] == "123,999"


def test_an_account_cannot_change_under_a_running_sync(added: Result, run: Run, store: Store) -> None:
    (user,) = store.users()
    runtime = Runtime(load_settings(), store)

    with Lease(store, f"sync:{user.id}", runtime.clock):
        result = update(run, metaAdAccountId="act_999")
        joined = update(run, metaAdAccountId="123,999")
        harmless = update(run, settings={"estimatedCostRatio": 0.3})

    assert (result.code, joined.code, harmless.code) == (75, 75, 0)
    assert store.users()[0].meta_ad_account_id == "123"


def test_changed_settings_reach_stored_days_only_on_request(added: Result, run: Run, store: Store) -> None:
    (user,) = store.users()
    store.save_user(replace(user, last_sync_at=NOW))
    rows = figures(store, user)

    told = update(run, settings={"revenueBasis": "total_sales"})
    left_alone = store.dirty_days(user.id)
    run("users", "update", EMAIL, "--from", "-", "--recalculate", stdin='{"settings": {"revenueBasis": "net"}}')

    assert "--recalculate" in told.err
    assert left_alone == {}
    assert set().union(*store.dirty_days(user.id).values()) == {row.day for row in rows}


def test_activity_is_switched_and_shown(added: Result, run: Run, store: Store) -> None:
    run("users", "deactivate", EMAIL)
    idle = store.users()[0].is_active
    run("users", "activate", EMAIL)

    assert (idle, store.users()[0].is_active) == (False, True)


def test_removing_needs_yes_where_nobody_can_be_asked(added: Result, run: Run, store: Store) -> None:
    refused = run("users", "remove", EMAIL)
    kept = len(store.users())
    removed = run("users", "remove", EMAIL, "--yes")

    assert (refused.code, kept, removed.code, store.users()) == (2, 1, 0, [])


def test_a_merchant_at_work_is_not_removed(added: Result, run: Run, store: Store) -> None:
    (user,) = store.users()
    runtime = Runtime(load_settings(), store)

    with Lease(store, f"sync:{user.id}", runtime.clock):
        result = run("users", "remove", EMAIL, "--yes")

    assert (result.code, len(result.err.splitlines()), len(store.users())) == (75, 1, 1)


def test_keys_are_rotated_in_users_and_session_tokens(
    added: Result, run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (user,) = store.users()
    (old,) = load_settings().secret_keys
    store.save_source_state(user.id, SourceState("shiprocket", tokens={"session": Vault([old]).encrypt("jwt")}))
    fresh = new_key()
    monkeypatch.setenv("PROFITSYNC_SECRET_KEY", f"{fresh},{old}")

    assert run("users", "rotate-keys").code == 0

    vault = Vault([fresh])
    assert vault.decrypt(store.users()[0].secrets["shopifyAccessToken"]) == TOKEN
    assert vault.decrypt(store.source_states(user.id)["shiprocket"].tokens["session"]) == "jwt"


def test_a_wrong_key_rotates_nothing(
    added: Result, run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(everything(store))
    monkeypatch.setenv("PROFITSYNC_SECRET_KEY", new_key())

    result = run("users", "rotate-keys")

    assert (result.code, len(result.err.splitlines())) == (4, 1)
    assert list(everything(store)) == before


def test_the_list_names_sources_and_last_sync(run: Run, store: Store, added: Result) -> None:
    user = store.users()[0]
    store.save_user(replace(user, last_sync_at=NOW + timedelta(minutes=5)))

    line = run("users", "list").out.splitlines()[1]

    assert line.startswith(user.email)
    assert "shopify, meta, shiprocket" in line
    assert "2026-11-05 12:05Z" in line
    assert DOCUMENT["shiprocketEmail"] not in line


def test_an_empty_list_is_json_too(run: Run) -> None:
    assert run("users", "list", "--json").out == "[]\n"
    assert run("users", "list").out == ""


def test_a_mistyped_merchant_is_guessed(run: Run, store: Store) -> None:
    a_user(store)

    assert run("users", "show", "ownr@shop.example").errors == [
        "unknown user 'ownr@shop.example'; did you mean owner@shop.example?"
    ]
