"""`profitsync keys` and `profitsync webhooks`: what is made, shown once, and ended."""

import json

import pytest

from profitsync.stores.protocol import Store
from tests.cli.conftest import Run
from tests.cli.samples import EMAIL, a_user, text


def test_a_key_is_shown_once_and_then_only_what_it_is_for(run: Run, store: Store) -> None:
    a_user(store)
    made = run("keys", "create", "reports", "--user", EMAIL)
    (key,) = store.api_keys()

    listed = run("keys", "list")

    assert made.code == 0
    assert made.out.strip().startswith(f"pfs_{key.id}_")
    assert made.out.strip() not in listed.out + listed.err
    assert listed.out.splitlines()[1].split()[:3] == [key.id, "reports", EMAIL]
    shown = run("keys", "list", "--json")
    assert shown.json() == [
        {"id": key.id, "name": "reports", "userIds": ["owner"], "createdAt": shown.json()[0]["createdAt"]}
    ]


def test_a_key_as_json_has_the_key_in_it_this_once(run: Run, store: Store) -> None:
    made = run("keys", "create", "whole", "--all", "--json").json()

    assert (made["userIds"], made["key"][:4]) == (None, "pfs_")


def test_a_revoked_key_is_gone(run: Run, store: Store) -> None:
    run("keys", "create", "whole", "--all")
    (key,) = store.api_keys()

    assert run("keys", "revoke", key.id).code == 0
    assert (run("keys", "revoke", key.id).code, store.api_keys()) == (2, [])


def test_a_removed_merchant_is_told_of_in_its_keys(run: Run, store: Store) -> None:
    a_user(store)
    run("keys", "create", "reports", "--user", EMAIL)

    run("users", "remove", EMAIL, "--yes")

    assert "owner (removed)" in run("keys", "list").out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("one",), "give either --all or --user REF"),
        (("one", "--all", "--user", "x"), "give either --all or --user REF"),
        (("one", "--user", "nobody"), "unknown user 'nobody'"),
        ((" ", "--all"), "the name of a key must be"),
    ],
)
def test_bad_flags_make_no_key(run: Run, store: Store, flags: tuple[str, ...], message: str) -> None:
    result = run("keys", "create", *flags)

    assert (result.code, result.out, store.api_keys()) == (2, "", [])
    assert result.errors[0].startswith(message)


def test_what_to_register_where(run: Run, store: Store) -> None:
    assert run("users", "add", "--from", "-", stdin=text()).code == 0
    (user,) = store.users()

    first, again = (run("webhooks", "show", "--user", EMAIL, "--url", "https://a.example") for _ in range(2))

    lines = first.out.splitlines()
    assert lines[0] == f"shopify    https://a.example/webhooks/shopify/{user.id}"
    assert lines[2] == f"shiprocket https://a.example/webhooks/parcels/{user.id}"
    assert lines[3].split()[0] == "token:"
    assert again.out == first.out
    assert "shopifyWebhookSecret" in first.err
    run("users", "update", EMAIL, "--from", "-", stdin=json.dumps({"shopifyWebhookSecret": "s"}))
    assert run("webhooks", "show", "--user", EMAIL, "--url", "https://a.example").err == ""


def test_a_webhook_secret_needs_a_shop(run: Run) -> None:
    result = run("users", "add", "--from", "-", stdin='{"email": "a@b.example", "shopifyWebhookSecret": "s"}')

    assert result.errors == [
        "shopifyWebhookSecret: goes with a shop whose orders are read; give its credentials too"
    ]
