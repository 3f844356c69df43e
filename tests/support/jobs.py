"""Running queries over HTTP as a patient client does: what the network loses is asked again."""

import time
from typing import Any

from standpipe.testing import Answer, RunningServer


def insist(server: RunningServer, method: str, path: str, body: Any = None, *, key: str) -> Answer:
    """Repeat a request until the server answers it, up to half a minute."""
    for _ in range(300):
        try:
            answer = server.call(method, path, body, key=key)
        except OSError:
            time.sleep(0.1)
            continue
        return answer
    raise AssertionError(f"no answer to {method} {path}")


def start(server: RunningServer, query_id: int, key: str, **values: Any) -> str:
    """Start a run and return the job's id."""
    body = {"max_age": 0, "parameters": values}
    answer = insist(server, "POST", f"/api/queries/{query_id}/results", body, key=key)
    assert answer.status == 200, answer.body
    job_id: str = answer.json()["job"]["id"]
    return job_id


def finish(server: RunningServer, job_id: str, key: str, *, seconds: float = 60) -> dict[str, Any]:
    """Poll a job until it is over and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job: dict[str, Any] = insist(server, "GET", f"/api/jobs/{job_id}", key=key).json()["job"]
        if job["status"] in (3, 4):
            return job
        time.sleep(0.05)
    raise AssertionError(f"job {job_id} is stuck: {job}")


def rows(server: RunningServer, job: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the rows of a finished job."""
    assert job["status"] == 3, job
    answer = insist(server, "GET", f"/api/query_results/{job['query_result_id']}", key=key)
    found: list[dict[str, Any]] = answer.json()["query_result"]["data"]["rows"]
    return found
