"""Contract of the stores of dashboards, widgets and visualizations."""

from dataclasses import replace
from typing import Any

import pytest
from tests.contracts.house import NOW, House, at

from standpipe.core.dashboards import DashboardFilter, DashboardOrder
from standpipe.core.errors import NotFound
from standpipe.core.ids import UserId, VisualizationId, WidgetId
from standpipe.core.queries import Page


def names(house: House, **wishes: Any) -> list[str]:
    """Return the names of the dashboards of a list."""
    filter = DashboardFilter(workspace_id=house.workspace.id, viewer_id=house.user.id)
    found = house.store.find_dashboards(replace(filter, **wishes), Page())
    assert found.total == len(found.items)
    return [item.dashboard.name for item in found.items]


def test_a_dashboard_comes_back_as_it_was_stored(house: House) -> None:
    """By id and by slug, archived ones too."""
    added = house.add_dashboard(
        "Übersicht",
        layout=([1, 2], [3]),
        options={"z": 1, "a": 2},
        tags=("t",),
        is_archived=True,
        filters_enabled=True,
    )
    assert house.store.get_dashboard(added.id) == added
    assert house.store.find_dashboard_by_slug(house.workspace.id, "übersicht") == added
    assert house.store.find_dashboard_by_slug(house.workspace.id, "other") is None


def test_a_taken_slug_gets_a_number(house: House) -> None:
    """The next free one."""
    slugs = [house.add_dashboard("Board").slug for _ in range(3)]
    assert slugs == ["board", "board_1", "board_2"]


def test_an_update_keeps_the_slug(house: House) -> None:
    """Links to a dashboard live for ever."""
    before = house.add_dashboard("Board")
    changed = replace(before, slug="x", name="New", version=2, tags=("a",), updated_at=at(1))
    assert house.store.update_dashboard(changed) == replace(changed, slug="board")


def test_a_list_holds_published_boards_with_something_to_see(house: House) -> None:
    """And all of the viewer's own; text alone counts for nobody else."""
    other, source = house.add_user("Bea"), house.add_source("other")
    here, there = house.add_query(), house.add_query(data_source_id=source.id)
    theirs: dict[str, Any] = {"owner_id": other.id, "is_draft": False}
    house.add_dashboard("own draft")
    house.add_dashboard("here", here, **theirs)
    house.add_dashboard("there", there, there, **theirs)
    house.add_dashboard("draft", here, owner_id=other.id)
    house.add_dashboard("archived", here, is_archived=True)
    house.add_widget(house.add_dashboard("text", **theirs), None)
    assert names(house) == ["there", "here", "own draft"]
    assert names(house, data_source_ids=frozenset({source.id})) == ["there", "own draft"]
    assert names(house, only_own=True) == ["own draft"]
    assert names(house, viewer_id=None) == ["there", "here"]
    assert names(house, viewer_id=other.id, only_own=True) == ["text", "draft", "there", "here"]


def test_a_list_can_be_searched_by_name_and_tags(house: House) -> None:
    """Any part of the name, without case; wild cards are plain characters."""
    house.add_dashboard("Große 100%", tags=("x", "y"))
    house.add_dashboard("Other", tags=("x",))
    assert names(house, search="GROSSE") == ["Große 100%"]
    assert names(house, search="0%") == ["Große 100%"]
    assert names(house, search="e%0") == []
    assert names(house, search="o" * 100_000) == []
    assert names(house, tags=("x", "y")) == ["Große 100%"]
    house.add_dashboard("Shown", is_draft=False, tags=("x", "z"))
    tags = house.store.find_dashboard_tags
    assert tags(house.workspace.id, None) == (("x", 1), ("z", 1))
    assert tags(house.workspace.id, house.user.id) == (("x", 3), ("y", 1), ("z", 1))


def test_lists_are_ordered_with_nulls_last(house: House) -> None:
    """By name, age or star."""
    old, new = house.add_dashboard("b", created_at=at(-5)), house.add_dashboard("C")
    house.add_dashboard("a", created_at=at(-9))
    house.store.set_favorite(house.user.id, "dashboard", old.id, NOW)
    assert names(house) == [new.name, old.name, "a"]
    assert names(house, order=DashboardOrder.NAME, descending=False) == ["a", "b", "C"]
    assert names(house, order=DashboardOrder.STARRED_AT, descending=False)[0] == "b"
    assert names(house, only_favorites=True) == ["b"]
    assert names(house, only_favorites=True, viewer_id=UserId(99)) == []


def test_a_widget_is_replaced_and_removed(house: House) -> None:
    """It shows a visualization or a text."""
    board = house.add_dashboard()
    shown = house.add_visualization(house.add_query())
    widget, text = house.add_widget(board, shown), house.add_widget(board, None)
    changed = house.store.put_widget(replace(widget, width=3, options={"b": 1, "a": 2}))
    assert house.store.find_widgets(board.id) == (changed, text)
    house.store.delete_widget(text.id)
    assert house.store.find_widgets(board.id) == (changed,)
    assert house.store.get_widget(widget.id) == changed


def test_a_removed_visualization_takes_its_widgets_along(house: House) -> None:
    """Others of the dashboard stay."""
    query = house.add_query()
    board = house.add_dashboard("A", query, query)
    first, second = house.store.find_visualizations(query.id)
    house.store.delete_visualization(first.id)
    assert house.store.find_visualizations(query.id) == (second,)
    assert [w.visualization_id for w in house.store.find_widgets(board.id)] == [second.id]


def test_a_visualization_is_replaced(house: House) -> None:
    """With options of any depth."""
    before = house.add_visualization(house.add_query())
    changed = replace(before, name="x", options={"z": [{"y": 1}], "a": 2**70})
    assert house.store.put_visualization(changed) == changed
    assert house.store.get_visualization(before.id) == changed


def test_replacing_what_is_gone_is_not_found(house: House) -> None:
    """Nothing is made anew under an old id."""
    shown = house.add_visualization(house.add_query())
    widget = house.add_widget(house.add_dashboard(), shown)
    with pytest.raises(NotFound):
        house.store.put_widget(replace(widget, id=WidgetId(99)))
    with pytest.raises(NotFound):
        house.store.put_visualization(replace(shown, id=VisualizationId(99)))
    with pytest.raises(NotFound):
        house.store.put_widget(
            replace(widget, id=WidgetId(0), visualization_id=VisualizationId(99))
        )
