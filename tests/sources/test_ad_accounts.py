"""What is noted of ad accounts between runs."""

from profitsync.sources.ad_accounts import known_accounts, with_accounts
from profitsync.sources.protocol import AdAccount

RUPEES = AdAccount("1", "INR", "Asia/Kolkata")
DOLLARS = AdAccount("22", "USD", "America/New_York")


def test_accounts_come_back_as_they_were_noted_beside_other_notes() -> None:
    notes = with_accounts({"costsReadAt": "x"}, [RUPEES, DOLLARS])

    assert known_accounts(notes) == {"1": RUPEES, "22": DOLLARS}
    assert notes["costsReadAt"] == "x"


def test_the_note_of_the_time_of_one_account_is_understood_and_replaced() -> None:
    old = {"accountId": "1", "currency": "INR", "timezone": "Asia/Kolkata"}

    assert known_accounts(old) == {"1": RUPEES}
    assert known_accounts(with_accounts(old, [DOLLARS])) == {"22": DOLLARS}


def test_without_a_note_no_account_is_known() -> None:
    assert known_accounts({"accountId": "1"}) == {}
