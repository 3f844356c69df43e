"""Datasets: listed, read, searched for; and contracts, of which there are none here."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from standpipe.core.errors import NotFound
from standpipe.core.principals import Principal
from standpipe.dialects.dune.errors import told
from standpipe.dialects.dune.requests.datasets import (
    DatasetArguments,
    DatasetSearch,
    DecodeBody,
    PageBody,
    SearchBody,
    count_submissions,
    parse_contract_search,
    parse_search,
)
from standpipe.dialects.dune.requests.options import page_of
from standpipe.dialects.dune.responses.bodies import render_json
from standpipe.dialects.dune.responses.datasets import (
    CATEGORY,
    DatasetList,
    DecodeShown,
    FoundPage,
    SearchShown,
    SubmissionList,
    show_pagination,
    show_search,
    show_undecoded,
)
from standpipe.dialects.dune.responses.uploads import DatasetShown, show_dataset
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Outbound, Work
from standpipe.services.directory import Services

_LIST_LIMIT: Final = 50
_MOST_DATASETS: Final = 250
_MOST_SEARCHED: Final = 10_000
_NO_DATASET: Final = "Object not found"


def datasets_of(
    services: Services, principal: Principal, namespace: str | None = None
) -> Sequence[DatasetShown]:
    """Return all datasets that somebody may read, of one owner or of all, as they are shown."""
    team = services.uploads.namespaces(principal)[1]
    found = services.uploads.find(principal, limit=_MOST_SEARCHED, namespace=namespace)
    return [show_dataset(table, team) for table in found.items]


def list_datasets(services: Services, inbound: Inbound) -> Outbound:
    """List datasets, of one owner or of all."""
    limit, offset = page_of(inbound, default=_LIST_LIMIT, most=_MOST_DATASETS)
    kinds = (inbound.arg("type") or "").split(",")
    owner = inbound.arg("owner_handle") or None
    found = list(datasets_of(services, inbound.principal, owner))
    if kinds != [""]:
        found = [each for each in found if each.type in kinds]
    return render_json(DatasetList(datasets=found[offset : offset + limit], total=len(found)))


def get_dataset(services: Services, inbound: Inbound) -> Outbound:
    """Read a dataset by its full name."""
    parts = inbound.parts["slug"].split(".")
    with told(_NO_DATASET):
        if len(parts) != len(("dune", "namespace", "name")):
            raise NotFound(_NO_DATASET)
        table = services.uploads.get(inbound.principal, parts[1], parts[2])
    return render_json(show_dataset(table, services.uploads.namespaces(inbound.principal)[1]))


def search_datasets(services: Services, inbound: Inbound) -> Outbound:
    """Search datasets for words, by name."""
    search = parse_search(inbound)
    own, team = services.uploads.namespaces(inbound.principal)
    handles = {"me": (own,), "team": (team,)}.get(search.scope)
    datasets = datasets_of(services, inbound.principal)
    found = [each for each in datasets if _is_of(each, handles) and _fits(each, search)]
    return render_json(show_search(_page_of(found, search, team)))


def search_by_contract(services: Services, inbound: Inbound) -> Outbound:  # noqa: ARG001
    """Search datasets of a contract: there are none without chain data."""
    limit, offset = parse_contract_search(inbound)
    pagination = show_pagination(limit, offset, 0, 0)
    return render_json(SearchShown(total=0, results=[], pagination=pagination))


def decode_contracts(services: Services, inbound: Inbound) -> Outbound:  # noqa: ARG001
    """Say of each contract that it cannot be decoded here."""
    return render_json(show_undecoded(count_submissions(inbound)))


def list_submissions(services: Services, inbound: Inbound) -> Outbound:  # noqa: ARG001
    """List contracts that were submitted for decoding: none are taken here."""
    return render_json(SubmissionList(submissions=[], total=0))


def _page_of(found: Sequence[DatasetShown], search: DatasetSearch, team: str) -> FoundPage:
    return FoundPage(
        found=found[search.offset : search.offset + search.limit],
        total=len(found),
        limit=search.limit,
        offset=search.offset,
        team=team,
        has_schema=search.has_schema,
        has_metadata=search.has_metadata,
    )


def _is_of(dataset: DatasetShown, handles: Sequence[str] | None) -> bool:
    return handles is None or dataset.owner.handle in handles


def _fits(dataset: DatasetShown, search: DatasetSearch) -> bool:
    if search.blockchains or (search.categories and CATEGORY not in search.categories):
        return False
    if dataset.is_private and not search.has_private:
        return False
    if search.types is not None and dataset.type not in search.types:
        return False
    if not _is_of(dataset, search.schemas):
        return False
    columns = [column.name for column in dataset.columns]
    said = [dataset.full_name, dataset.metadata.get("description", ""), *columns]
    text = " ".join(said).lower()
    return all(word in text for word in search.words)


_ABOUT: Final = partial(About, tag="datasets")
_LISTED: Final = _ABOUT(answer=DatasetList, arguments=DatasetArguments)
_SEARCHED: Final = _ABOUT(answer=SearchShown, body=SearchBody)
_OF_CONTRACT: Final = _ABOUT(answer=SearchShown, body=PageBody)
_DECODED: Final = _ABOUT(answer=DecodeShown, body=DecodeBody)
ROUTES: Final = (
    described("GET /datasets", list_datasets, _LISTED, Work.SLOW),
    described("GET /datasets/{slug}", get_dataset, _ABOUT(answer=DatasetShown, refusals=(404,))),
    described("POST /datasets/search", search_datasets, _SEARCHED, Work.SLOW),
    described("POST /datasets/search-by-contract", search_by_contract, _OF_CONTRACT),
    described("POST /contracts/decode", decode_contracts, _DECODED),
    described("GET /contracts/submissions", list_submissions, _ABOUT(answer=SubmissionList)),
)
