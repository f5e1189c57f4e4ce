"""Another machine's clock, from any answer it gives."""

from datetime import UTC, datetime

import pytest
import requests
import responses

from profitsync.sources.clock import server_time

URL = "https://api.example"
DATE = {"Date": "Thu, 05 Nov 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"headers": DATE}, datetime(2026, 11, 5, 12, tzinfo=UTC)),
        ({"status": 501, "headers": DATE}, datetime(2026, 11, 5, 12, tzinfo=UTC)),
        ({}, None),
        ({"headers": {"Date": "yesterday"}}, None),
        ({"body": requests.ConnectionError()}, None),
    ],
    ids=["good", "a refusal", "no date", "no date at all", "away"],
)
def test_the_date_of_any_answer_tells(answer: dict[str, object], told: datetime | None) -> None:
    with responses.RequestsMock() as mock:
        mock.head(URL, **answer)

        assert server_time(URL) == told
