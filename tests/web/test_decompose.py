"""The editor in which a request is cut into tasks: nothing typed is lost, and what is sent is all of it or nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects import operations
from projects.lifecycle import RequestStatus
from projects.models import ChangeRequest, Dependency, Draft, ReadyItem, Task
from tests.factories import a_blueprint, a_project, a_request, a_task
from tests.web.worlds import World

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
CELLS = ("title", "department", "low", "likely", "high", "needs", "owner", "piece")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def asked(world: World) -> ChangeRequest:
    return a_request(a_project("portal", client=world.client), title="New portal")


def form(*rows: tuple[str, ...], **fields: Any) -> dict[str, Any]:
    """Each row: title, department, low, likely, high, needs, owner, as many as are said."""
    full = [row + ("",) * (len(CELLS) - len(row)) for row in rows]
    return {cell: [row[n] for row in full] for n, cell in enumerate(CELLS)} | {"version": "0", "tasks": "0"} | fields


SIZING = ("Sizing", "network", "2", "4", "8", "", "")
BUILD = ("Build", "Unix", "", "8", "", "1SS+2", "Erik")


def post(client: Client, asked: ChangeRequest, data: dict[str, Any], **extra: Any) -> Any:
    return client.post(f"/requests/{asked.pk}/decompose/", data, **extra)


def test_what_is_typed_is_kept_right_or_wrong_and_answered_with_what_follows(client, world, asked):
    client.force_login(world.tam)
    answer = post(client, asked, form(SIZING, ("Build", "", "", "8", "", "1 7", "")), **HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer["Sheet-Version"] == "1"
    assert "There is no row 7." in page
    assert "2 has no department" in page
    assert "Choose a department." not in page, "what is empty still is not an error while one types"
    assert "<html" not in page
    draft = Draft.objects.get(request=asked)
    assert [row["title"] for row in draft.rows] == ["Sizing", "Build"]
    assert draft.rows[1]["needs"] == "1 7"
    again = client.get(f"/requests/{asked.pk}/decompose/").content.decode()
    assert 'value="1 7"' in again


def test_an_empty_table_is_no_draft(client, world, asked):
    client.force_login(world.tam)
    assert post(client, asked, form(("",) * 7), **HTMX).status_code == 200
    assert not Draft.objects.exists()


def test_checking_names_what_is_missing_at_its_cell(client, world, asked):
    client.force_login(world.tam)
    page = post(client, asked, form(("Build", "", "", "", "", "", ""), do="check")).content.decode()
    assert "Choose a department." in page
    assert "Say how many hours are likely." in page
    assert 'id="r1-department" name="department" value="" list="departments"' in page


def test_sent_with_a_promise_it_is_tasks_and_an_agreement(client, world, asked):
    client.force_login(world.tam)
    promised_at = timezone.localtime() + timedelta(days=20)
    data = form(SIZING, ("",) * 7, BUILD, do="send", promised_at=f"{promised_at:%Y-%m-%dT%H:%M}")
    answer = post(client, asked, data)
    assert (answer.status_code, answer["Location"]) == (302, f"/requests/{asked.pk}/")
    asked.refresh_from_db()
    assert asked.status == RequestStatus.AGREED
    first, second = Task.objects.order_by("position")
    assert first.title == "Sizing"
    assert [first.optimistic_h, first.estimate_h, first.pessimistic_h] == [Decimal(2), Decimal(4), Decimal(8)]
    assert (second.department, second.assignee) == (world.unix, world.engineer)
    assert second.due_at == asked.promised_at
    edge = Dependency.objects.get()
    assert (edge.predecessor, edge.successor, edge.kind, edge.lag_h) == (first, second, "SS", Decimal(2))
    assert not Draft.objects.exists()


def test_with_one_cell_wrong_nothing_is_sent(client, world, asked):
    client.force_login(world.tam)
    answer = post(client, asked, form(SIZING, ("Build", "Unix", "9", "8", "", "1", ""), do="send"), **HTMX)
    assert answer.status_code == 422
    assert "The low estimate is above the likely one." in answer.content.decode()
    assert not Task.objects.exists()
    assert Draft.objects.get().rows[1]["low"] == "9"


def test_a_promise_that_has_passed_sends_nothing(client, world, asked):
    client.force_login(world.tam)
    answer = post(client, asked, form(SIZING, do="send", promised_at="2020-01-01T10:00"))
    assert answer.status_code == 422
    assert "has passed already" in answer.content.decode()
    assert not Task.objects.exists()


def test_a_circle_is_named_and_a_number_taken_out(client, world, asked):
    client.force_login(world.tam)
    rows = [
        ("A", "Unix", "", "1", "", "", ""),
        ("B", "Unix", "", "1", "", "1 3 x", ""),
        ("C", "Unix", "", "1", "", "2", ""),
    ]
    page = post(client, asked, form(*rows), **HTMX).content.decode()
    assert "Goes in a circle: 2 B → 3 C → 2." in page
    assert "Take out 3" in page
    assert "disabled" in page, "what goes in a circle is not sent"
    page = post(client, asked, form(*rows, do="out:2:3", version="1"), **HTMX).content.decode()
    assert 'value="1 x"' in page
    assert Draft.objects.get().rows[1]["needs"] == "1 x"
    assert post(client, asked, form(*rows, do="out:99:x", version="2"), **HTMX).status_code == 200


def test_two_who_type_at_once_lose_nothing(client, world, asked):
    client.force_login(world.tam)
    operations.save_draft(
        request=asked, rows=[{"title": "Theirs"}], actor=world.manager, at=timezone.now(), expected_version=0
    )
    answer = post(client, asked, form(("Mine", "Unix", "", "1")), **HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Mona Manager" in page
    assert "Theirs" in page
    assert 'value="Mine"' in page
    assert Draft.objects.get().rows[0]["title"] == "Theirs"
    assert post(client, asked, form(("Mine", "Unix", "", "1"))).status_code == 409
    assert post(client, asked, form(("Mine", "Unix", "", "1"), do="keep"), **HTMX)["Sheet-Version"] == "2"
    assert Draft.objects.get().rows[0]["title"] == "Mine"


def test_what_was_sent_already_is_not_sent_again(client, world, asked):
    client.force_login(world.tam)
    assert post(client, asked, form(SIZING, do="send")).status_code == 302
    again = post(client, asked, form(SIZING, do="send"))
    assert again.status_code == 409
    assert "Tasks were sent to departments meanwhile" in again.content.decode()
    assert Task.objects.count() == 1
    assert post(client, asked, form(SIZING, do="send", tasks="1", version="1")).status_code == 302
    assert [task.key for task in Task.objects.order_by("pk")] == ["r1", "r1-2"]


def test_a_later_part_may_wait_for_an_earlier_one(client, world, asked):
    client.force_login(world.tam)
    earlier = a_task(change_request=asked)
    answer = post(client, asked, form(("More", "Unix", "", "1", "", f"T-{earlier.pk}"), do="send", tasks="1"))
    assert answer.status_code == 302
    assert Dependency.objects.get().predecessor == earlier


def test_what_was_sent_already_stands_above_and_counts_with_what_is_typed(client, world, asked):
    first = a_task(asked.project, change_request=asked, title="Cables", estimate_h=Decimal(40))
    then = a_task(asked.project, change_request=asked, title="Survey", estimate_h=Decimal(2), waits_for=[first])
    dropped = a_task(asked.project, change_request=asked, title="Mistake", estimate_h=Decimal(400))
    operations.cancel_task(task=dropped, reason="Mistake", actor=None, at=world.now)
    client.force_login(world.tam)
    answer = client.get(f"/requests/{asked.pk}/decompose/")
    assert [line.needs_text for _task, line in answer.context["sent"]] == ["", f"T-{first.pk}"]
    answer = post(client, asked, form(("Build", "Unix", "8", "8", "8", f"T-{first.pk} T-{dropped.pk}")), **HTMX)
    flow = answer.context["flow"]
    assert {(wire.before, wire.after) for wire in flow.wires} == {(-first.pk, -then.pk), (-first.pk, 1)}
    assert flow.critical == [f"T-{first.pk}", 1]
    assert answer.context["totals"]["likely"] == 50
    assert answer.context["outlook"].likely_at >= world.now + timedelta(hours=48)
    assert Draft.objects.get().rows[0]["title"] == "Build"
    assert len(Draft.objects.get().rows) == 1


@pytest.mark.parametrize(("field", "dates"), [("start_at", "not_before"), ("finish_by", "deadline")])
def test_rows_are_laid_on_the_calendar_from_a_start_or_from_a_finish(client, world, asked, field, dates):
    when = (world.now + timedelta(days=30)).replace(second=0)
    client.force_login(world.tam)
    typed = form(SIZING, ("Build", "Unix", "", "8", "", "1", ""))
    answer = post(client, asked, typed | {field: _local(when)}, **HTMX)
    if field == "start_at":
        assert answer.context["outlook"].begins_at == when
    else:
        assert answer.context["outlook"].begins_by == when - timedelta(hours=12)
    post(client, asked, typed | {field: _local(when), "do": "send", "version": "1"})
    sizing, build = Task.objects.order_by("pk")
    expected = (when, when + timedelta(hours=4)) if field == "start_at" else (when - timedelta(hours=8), when)
    assert (getattr(sizing, dates), getattr(build, dates)) == expected


def test_dates_are_kept_with_the_draft_as_they_were_typed(client, world, asked):
    client.force_login(world.tam)
    late = _local(world.now + timedelta(days=9))
    post(client, asked, form(SIZING, promised_at=late, finish_by="soon"), **HTMX)
    assert Draft.objects.get().dates == {"promised_at": late, "finish_by": "soon"}
    again = client.get(f"/requests/{asked.pk}/decompose/")
    assert f'value="{late}"' in again.content.decode()
    assert again.context["outlook"].promised_at is not None
    assert "finish_by" in again.context["form"].errors


def test_a_start_and_a_finish_together_and_a_finish_too_early_are_refused_beside_the_field(client, world, asked):
    client.force_login(world.tam)
    soon, late = _local(world.now + timedelta(hours=1)), _local(world.now + timedelta(days=9))
    both = post(client, asked, form(SIZING, start_at=soon, finish_by=late, do="send"), **HTMX)
    assert "Give the start or the finish, not both." in both.content.decode()
    early = post(
        client, asked, form(SIZING, ("Build", "Unix", "", "8", "", "1", ""), finish_by=soon, do="send", version="1")
    )
    assert early.status_code == 422
    assert "That is too early" in early.context["form"].errors["finish_by"][0]
    assert not Task.objects.exists()


def _local(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")


def test_the_editor_names_what_departments_must_know_first_and_keeps_the_chosen_blueprint(client, world, asked):
    made = a_blueprint("stack", [("net", "network", []), ("os", "unix", ["net"])])
    a_blueprint("another", [("a", "network", [])])
    ReadyItem.objects.create(department=world.network, text="Addresses are named")
    client.force_login(world.tam)
    filled = post(client, asked, form(do="fill", blueprint="stack"), **HTMX)
    assert "Addresses are named" in filled.content.decode()
    again = client.get(f"/requests/{asked.pk}/decompose/")
    assert again.context["chosen_blueprint"] == made.slug
    told = {one.department: one.texts for one in again.context["definitions"]}
    assert "Addresses are named" in told[world.network]


def test_it_is_over_when_the_request_is_agreed(client, world, asked):
    client.force_login(world.tam)
    a_task(change_request=asked)
    operations.agree(request=asked, actor=None, at=timezone.now())
    answer = client.get(f"/requests/{asked.pk}/decompose/")
    assert answer["Location"] == f"/requests/{asked.pk}/"
    assert post(client, asked, form(SIZING), **HTMX)["HX-Redirect"] == f"/requests/{asked.pk}/"


def test_more_rows_than_a_table_holds_are_refused(client, world, asked):
    client.force_login(world.tam)
    assert post(client, asked, form(*[SIZING] * 401), HTTP_REFERER="/").status_code in {302, 400}
    assert not Draft.objects.exists()


def test_a_table_costs_as_much_with_twenty_rows_as_with_two(client, world, asked, django_assert_max_num_queries):
    client.force_login(world.tam)
    rows = [(f"Piece {n}", "Unix", "1", "2", "3", str(n) if n else "", "Erik") for n in range(20)]
    with django_assert_max_num_queries(24):
        assert post(client, asked, form(*rows), **HTMX).status_code == 200


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 200), ("manager", 200), ("tam", 200), ("engineer", 404), ("head", 404), ("contact", 403)],
)
def test_who_may_decompose(client, world, asked, who, status):
    client.force_login(getattr(world, who))
    assert client.get(f"/requests/{asked.pk}/decompose/").status_code == status
    assert post(client, asked, form(SIZING)).status_code == status
