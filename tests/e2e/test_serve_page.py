"""docs/serve.md: its examples work against the real server, and none of the routes lacks one."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import OpenSandbox
from tests.e2e.servers import KEY, NOW, serving, small_world, user_id

PAGE = (Path(__file__).parents[2] / "docs" / "serve.md").read_text(encoding="utf-8")
EXAMPLES = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_every_example_of_the_page_works(open_sandbox: OpenSandbox, database_url: str) -> None:
    if not shutil.which("curl"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the examples of docs/serve.md need curl")
    open_sandbox(small_world())
    with serving(database_url) as served:
        known = {"URL": served.url, "KEY": KEY, "USER_ID": user_id(served), "DAY": NOW.date().isoformat()}
        for example in EXAMPLES:
            done = subprocess.run(
                ["/bin/sh", "-c", example], env=os.environ | known, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{example}: {done.stdout}{done.stderr}"
            answer = json.loads(done.stdout)
            assert answer["success"] is True
            if "/api/sync/manual" in example:
                known["JOB_ID"] = answer["data"]["jobId"]
            if "KURTA-M" in example:
                known["COST_ID"] = answer["data"]["id"]
        documented = served("GET", "/openapi.json", None).json()["paths"]

    assert len(EXAMPLES) >= 17
    missing = {path for path in documented if not path.startswith("/webhooks")} - {_path(one) for one in EXAMPLES}
    assert missing == set()


def _path(example: str) -> str:
    """The route that an example asks."""
    found = re.search(r'"\$URL(/[^"?]*)', example)
    assert found is not None, example
    names = {"USER_ID": "userId", "JOB_ID": "jobId", "COST_ID": "id"}
    return re.sub(r"\$(\w+)", lambda name: "{" + names[name[1]] + "}", found[1])


def test_the_page_names_every_status_of_the_document() -> None:
    from profitsync.api.routes import _FAILURES

    told = {int(status) for status in re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE)}

    assert told == set(_FAILURES)
