"""A million rows through the MyReports API, without their nulls, against their Redash form."""

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

from benchmarks.bench_home import Bench
from benchmarks.downloads import MILLION
from benchmarks.memory import Peak, pss_mib
from benchmarks.table import Row
from benchmarks.timing import median, paired

_sizes = count(2 * MILLION)  # another size each time: no body was made before


def measure(bench: Bench) -> Iterator[Row]:
    """Yield first byte, whole download and memory of the web process."""
    data = f"{_requested(bench)}/data?page_size="
    redash = f"/api/queries/{bench.query('million')}/results.json?limit="
    firsts: list[float] = []
    web = bench.server.pids("web")
    before = pss_mib(web)
    with Peak(lambda: pss_mib(web)) as peak:
        total, other = paired(
            partial(_download, bench, data, firsts),
            partial(_download, bench, redash, []),
            before=bench.ballast.renew,
        )
    yield Row(
        work="1M rows as MyReports JSON, first byte",
        ours=median(firsts),
        reference=0.1,
        reference_name="limit",
    )
    yield Row(
        work="1M rows as MyReports JSON without nulls, whole, first time",
        ours=total,
        reference=other,
        reference_name="the Redash form of the same result",
        most=2,
    )
    yield Row(
        work="1M rows as MyReports JSON: the web process grows by",
        ours=peak.value - before,
        reference=150,
        reference_name="limit",
        unit="MiB",
        most=1,
    )


def _download(bench: Bench, path: str, firsts: list[float]) -> None:
    first, _, _ = bench.client.download(f"{path}{next(_sizes)}", **_bearer(bench))
    firsts.append(first)


def _requested(bench: Bench) -> str:
    """Return the path of a request of the million rows that is complete."""
    (workspace,) = _data(bench, "GET", "/api/v1.0/workspaces")
    reports = f"/api/v1.0/workspaces/{workspace['id']}/reports"
    report = next(each for each in _data(bench, "GET", reports) if each["name"] == "million")
    requests = f"{reports}/{report['id']}/requests"
    begun = _data(bench, "POST", requests, {"dateFilter": {"presetName": "All"}})
    path = f"{requests}/{begun['requestId']}"
    found = _data(bench, "GET", f"{path}?wait=120")
    if found["status"] != "Complete":
        raise RuntimeError(str(found))
    return path


def _data(bench: Bench, method: str, path: str, body: object = None) -> Any:
    return bench.client.json(method, path, body, **_bearer(bench))["data"]


def _bearer(bench: Bench) -> dict[str, str]:
    return {"Authorisation": f"Bearer {bench.client.key}"}
