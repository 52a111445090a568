"""What an operator sets on the Prefect server holds: pauses, limits; and pages set aside are told of where a notification can hang."""

import json
import urllib.request
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from flows.server import LocalServer
from tests.e2e.command import Sijill
from tests.e2e.test_incoming import Bucket, bucket, scan
from tests.e2e.test_pool import PAGES, api, box, ended, read_once, runs, sijill, until, whole
from tests.services.endpoints import S3Endpoint

__all__ = ["box", "bucket", "sijill"]
ONCE = ("worker", "--once", "--limit", "2")
SET_ASIDE = "sijill.pages.set-aside"


def change(server: LocalServer, what: str, **values: object) -> None:
    """As the UI does."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/{what}", json.dumps(values).encode(), headers, method="PATCH")  # noqa: S310  # our own server
    urllib.request.urlopen(request, timeout=60).close()  # noqa: S310


def spans(server: LocalServer, sijill: Sijill) -> list[tuple[datetime, datetime]]:
    """From when to when each run of this pool was in work, in order, once all have ended; one that came to no work is tried again."""
    pool = {"name": {"any_": [sijill.settings["pool"]]}}
    found = until(lambda: over(api(server, "flow_runs/filter", work_pools=pool)))
    done = [run for run in found if run["state_type"] == "COMPLETED"]
    return sorted((datetime.fromisoformat(run["start_time"]), datetime.fromisoformat(run["end_time"])) for run in done)


def over(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return found if all(run["state_type"] in {"COMPLETED", "CRASHED", "FAILED"} for run in found) else []


def test_a_paused_pool_waits_and_then_takes_up_no_more_than_its_limit(box: Path, sijill: Sijill, server: LocalServer) -> None:
    pool = f"work_pools/{sijill.settings['pool']}"
    ingest = sijill.start("ingest", box, "--holding", "Box")
    until(lambda: len(runs(server, sijill)) == 2)
    change(server, pool, is_paused=True, concurrency_limit=1)
    sijill(*ONCE, seconds=600).ok()
    assert whole(sijill)["waiting"] == PAGES
    assert {run["state_type"] for run in runs(server, sijill).values()} == {"SCHEDULED"}
    assert ingest.poll() is None, "who waits for the pages goes on waiting"

    change(server, pool, is_paused=False)
    with sijill.working("--limit", "2"):
        ended(ingest).ok()
    read_once(sijill)
    in_turn = spans(server, sijill)
    assert len(in_turn) >= 2
    assert all(before <= began for (_, before), (began, _) in pairwise(in_turn))


def test_a_watched_place_that_is_paused_is_not_looked_at(
    bucket: Bucket, versitygw: S3Endpoint, server: LocalServer, tmp_path: Path
) -> None:
    store = {"incoming": versitygw.url, "incoming_access_key": versitygw.access_key, "incoming_secret_key": versitygw.secret_key}
    settings = {"prefect": server.url, "pool": f"readers-{bucket.name}", "reader": "constant", "processes": "1"}
    sijill = Sijill(tmp_path / "home", store | settings)
    bucket.put("1.png", scan(1))
    sijill.quick("incoming", f"s3://{bucket.name}", "--holding", "Box", "--every", "10").ok()
    pools = {"name": {"any_": [settings["pool"]]}}
    [place] = [found["id"] for found in api(server, "deployments/filter", work_pools=pools) if found["parameters"].get("place")]
    change(server, f"deployments/{place}", paused=True)
    sijill(*ONCE, seconds=600).ok()
    assert (sijill.ledger()["files"], runs(server, sijill)) == (0, {})
    change(server, f"deployments/{place}", paused=False)
    sijill(*ONCE, seconds=600).ok()
    assert (sijill.ledger()["files"], sijill.ledger()["indexed"]) == (1, 1)


def test_pages_set_aside_are_told_of_by_an_event_that_an_automation_waits_for(box: Path, sijill: Sijill, server: LocalServer) -> None:
    began = datetime.now(UTC).isoformat()
    strict = sijill.having(max_megapixels="0.01")  # of the worker: less than any page has
    with strict.working("--limit", "2"):
        sijill("ingest", box, "--holding", "Box", seconds=600).ok()
    assert whole(sijill)["failed"] == PAGES
    [told] = until(lambda: events(server, began))
    assert told["resource"]["prefect.resource.id"] == "sijill.batch.1"
    assert (told["payload"]["pages"], sum(told["payload"]["codes"].values())) == (PAGES, PAGES)
    named = {"name": {"any_": ["Sijill: pages were set aside"]}}
    [automation] = api(server, "automations/filter", automations=named)
    assert (automation["enabled"], automation["trigger"]["expect"]) == (True, [SET_ASIDE])


def events(server: LocalServer, since: str) -> list[dict[str, Any]]:
    about = {"event": {"name": [SET_ASIDE]}, "occurred": {"since": since}}
    found: list[dict[str, Any]] = api(server, "events/filter", filter=about)["events"]
    return found
