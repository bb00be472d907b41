"""Handing over: nothing goes into operation unsigned; both sign or it comes back; one TAM follows another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Grant, Role
from accounts.operations import create_contact
from alerts.models import Delivery
from incidents.recipients import candidates_of
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.models import History
from projects import operations
from projects.models import ChecklistItem, Document, Handover, Project
from projects.operations.posts import seat_deputies
from projects.permissions import projects_visible_to
from projects.queries.brief import brief_of
from sla.models import Clock
from tests.factories import MONDAY, a_client, a_dependency, a_project, a_request, a_task, a_user, an_incident

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Phase = Project.Phase


@pytest.fixture
def architect():
    return a_user("architect", Role.ARCHITECT)


@pytest.fixture
def tam():
    return a_user("tam", Role.TAM)


@pytest.fixture
def project(architect, tam):
    return a_project(architect=architect, tam=tam)


def go_live(project, *, ticked=True):
    handover = operations.begin_handover(project=project, actor=None, at=MONDAY)
    if ticked:
        for item in handover.items.select_related("handover"):
            operations.tick_item(item=item, done=True, actor=project.architect, at=MONDAY)
    return handover


def into_operation(project):
    return operations.update_project(project=project, changes={"phase": Phase.OPERATION}, actor=None, at=MONDAY + DAY)


# --- go-live -----------------------------------------------------------------------------------------------------
def test_a_project_goes_into_operation_when_both_have_signed(project, architect, tam):
    with pytest.raises(Conflict, match="begin the handover"):
        into_operation(project)
    handover = go_live(project, ticked=False)
    with pytest.raises(Conflict, match="8 lines of the checklist are open: Scope and design current"):
        into_operation(project)
    for item in handover.items.select_related("handover"):
        operations.tick_item(item=item, done=True, actor=architect, at=MONDAY)
    with pytest.raises(Conflict, match="architect has not signed yet"):
        into_operation(project)
    operations.sign(handover=handover, actor=architect, at=MONDAY)
    with pytest.raises(Conflict, match="tam has not signed yet"):
        into_operation(project)
    assert operations.sign(handover=handover, actor=tam, at=MONDAY).status == Handover.Status.ACCEPTED
    assert into_operation(project).phase == Phase.OPERATION


def test_no_project_begins_in_operation():
    with pytest.raises(Conflict) as refused:
        a_project(phase=Phase.OPERATION)
    assert (refused.value.field, refused.value.code) == ("phase", "handover")


def test_what_ran_before_tamhub_was_there_is_taken_over_and_the_history_says_so(project):
    handover = go_live(project)
    taken = operations.take_over_project(project=project, reason="Runs since 2019", actor=None, at=MONDAY)
    handover.refresh_from_db()
    assert handover.status == Handover.Status.WITHDRAWN
    assert taken.phase == Phase.OPERATION
    assert History.objects.get(verb="taken over").text == "Runs since 2019"
    with pytest.raises(Invalid):
        operations.take_over_project(project=project, reason=" ", actor=None, at=MONDAY)


def test_nobody_signs_while_a_line_is_open_and_the_tam_signs_last(project, architect, tam):
    handover = go_live(project, ticked=False)
    with pytest.raises(Conflict, match="are open"):
        operations.sign(handover=handover, actor=architect, at=MONDAY)
    for item in handover.items.select_related("handover"):
        operations.tick_item(item=item, done=True, actor=architect, at=MONDAY)
    with pytest.raises(Conflict, match="architect signs first"):
        operations.sign(handover=handover, actor=tam, at=MONDAY)
    with pytest.raises(Forbidden):
        operations.sign(handover=handover, actor=a_user("third", Role.MANAGER), at=MONDAY)


def test_what_is_signed_is_not_unticked(project, architect):
    handover = go_live(project)
    operations.sign(handover=handover, actor=architect, at=MONDAY)
    with pytest.raises(Conflict, match="has signed this"):
        operations.tick_item(item=handover.items.first(), done=False, actor=architect, at=MONDAY)


def test_returned_it_is_signed_anew_by_both(project, architect, tam):
    handover = go_live(project)
    operations.sign(handover=handover, actor=architect, at=MONDAY)
    returned = operations.return_handover(handover=handover, reason="No night number", actor=tam, at=MONDAY)
    assert (returned.status, returned.giver_signed_at) == (Handover.Status.RETURNED, None)
    operations.tick_item(item=handover.items.first(), done=False, actor=tam, at=MONDAY)
    operations.tick_item(item=handover.items.first(), done=True, actor=architect, at=MONDAY)
    signed = operations.sign(handover=handover, actor=architect, at=MONDAY)
    assert (signed.status, signed.return_reason) == (Handover.Status.OPEN, "")


def test_another_architect_signs_anew(project, architect):
    handover = go_live(project)
    operations.sign(handover=handover, actor=architect, at=MONDAY)
    another = a_user("another", Role.ARCHITECT)
    operations.update_project(project=project, changes={"architect": another}, actor=None, at=MONDAY)
    handover.refresh_from_db()
    assert (handover.giver, handover.giver_signed_at) == (another, None)


def test_a_handover_begins_with_the_providers_own_list(project):
    [first, *others] = ChecklistItem.objects.all()
    for item in others:
        operations.remove_checklist_item(item=item, actor=None, at=MONDAY)
    operations.set_checklist_item(item=first, changes={"text": "Keys handed over"}, actor=None, at=MONDAY)
    handover = go_live(project, ticked=False)
    assert [item.text for item in handover.items.all()] == ["Keys handed over"]


def test_a_project_has_lines_of_its_own_until_somebody_signs(project, architect):
    handover = go_live(project)
    operations.add_item(handover=handover, text="Keys of the cage", actor=architect, at=MONDAY)
    with pytest.raises(Conflict, match="Keys of the cage"):
        operations.sign(handover=handover, actor=architect, at=MONDAY)
    for wrong in (" ", "x" * 201):
        with pytest.raises(Invalid):
            operations.add_item(handover=handover, text=wrong, actor=architect, at=MONDAY)
    operations.tick_item(item=handover.items.last(), done=True, actor=architect, at=MONDAY)
    operations.sign(handover=handover, actor=architect, at=MONDAY)
    with pytest.raises(Conflict, match="has signed"):
        operations.add_item(handover=handover, text="One more", actor=architect, at=MONDAY)


def test_only_one_handover_goes_on_at_a_time(project, tam):
    handover = go_live(project)
    with pytest.raises(Conflict, match="under way"):
        go_live(project)
    operations.withdraw_handover(handover=handover, actor=tam, at=MONDAY)
    assert go_live(project).is_open


def test_without_an_architect_there_is_nobody_to_hand_over():
    with pytest.raises(Conflict, match="architect first"):
        go_live(a_project())


def test_who_must_sign_hears_in_turn(project, architect, tam):
    handover = go_live(project)
    operations.sign(handover=handover, actor=architect, at=MONDAY)
    operations.return_handover(handover=handover, reason="No night number", actor=tam, at=MONDAY + DAY)
    told = [
        (one.recipient, one.subject.partition(":")[0])
        for one in Delivery.objects.filter(event="handover").order_by("pk")
    ]
    assert told == [
        (architect, "For your signature"),
        (tam, "For your signature"),
        (architect, "The handover was returned"),
    ]


# --- one TAM follows another -------------------------------------------------------------------------------------
def test_the_next_tam_sees_the_project_while_it_is_handed_over_and_has_it_after_both_signed(project, tam):
    after = a_user("after", Role.TAM)
    handover = operations.begin_handover(
        project=project, kind=Handover.Kind.CHANGE, receiver=after, brief="All calm.", actor=None, at=MONDAY
    )
    assert projects_visible_to(after).exists()
    operations.sign(handover=handover, actor=tam, at=MONDAY)
    with pytest.raises(Conflict):
        operations.update_handover(handover=handover, changes={"brief": "Other"}, actor=tam, at=MONDAY)
    operations.sign(handover=handover, actor=after, at=MONDAY + DAY)
    project.refresh_from_db()
    assert project.tam == after
    seats = Grant.objects.filter(reason="tam", scope_id=project.pk).order_by("valid_from")
    assert [(seat.user, seat.valid_until) for seat in seats] == [(tam, MONDAY + DAY), (after, None)]
    assert Grant.objects.get(reason="takes over").valid_until == MONDAY + DAY


def test_withdrawn_the_other_no_longer_sees_the_project(project):
    after = a_user("after", Role.TAM)
    handover = operations.begin_handover(
        project=project, kind=Handover.Kind.CHANGE, receiver=after, actor=None, at=MONDAY
    )
    operations.withdraw_handover(handover=handover, actor=None, at=MONDAY + DAY)
    after = type(after).objects.get(pk=after.pk)
    assert not projects_visible_to(after).exists()


@pytest.mark.parametrize("receiver", ["nobody", "oneself"])
def test_one_hands_over_to_somebody_else(project, tam, receiver):
    with pytest.raises(Invalid):
        operations.begin_handover(
            project=project,
            kind=Handover.Kind.CHANGE,
            receiver=tam if receiver == "oneself" else None,
            actor=None,
            at=MONDAY,
        )


def test_the_brief_tells_what_is_open_and_its_words_stand_for_themselves(project):
    request = a_request(project, title="Move *all*")
    first, second = (a_task(project, change_request=request, title=title) for title in ("Racks", "Cables"))
    a_dependency(first, second)
    operations.start_task(task=first, actor=None, at=MONDAY)
    operations.block_task(task=first, reason="client", text="No key", actor=None, at=MONDAY)
    operations.create_document(project=project, title="Plan", kind="Runbook", actor=None, at=MONDAY)
    assert Document.objects.count() == 1
    running = a_task(project, title="Power")
    operations.start_task(task=running, actor=None, at=MONDAY)
    operations.ask(request=request, text="How many sockets?", department=first.department, actor=None, at=MONDAY)
    brief = brief_of(project, at=MONDAY + 200 * DAY)
    for said in ("Architect: **architect**", "Power", "Nobody yet", "How many sockets?", "since 2 Mar 2026"):
        assert said in brief
    for said in (r"Move \*all\*", "Racks", "No key", "Cables", "no word since 2 Mar 2026", "Plan · Stale"):
        assert said in brief


# --- deputies ----------------------------------------------------------------------------------------------------
def test_a_deputy_is_named_while_the_time_lasts(project):
    deputy = a_user("deputy", Role.TAM)
    operations.appoint_deputy(
        project=project, deputy=deputy, from_at=MONDAY + DAY, until=MONDAY + 8 * DAY, actor=None, at=MONDAY
    )
    named = []
    for days in (0, 1, 7, 8):
        seat_deputies(MONDAY + days * DAY)
        project.refresh_from_db()
        named.append(project.deputy)
    assert named == [None, deputy, deputy, None]
    assert seat_deputies(MONDAY + 9 * DAY) == 0


def test_a_deputy_without_dates_stays(project):
    deputy = a_user("deputy", Role.TAM)
    operations.update_project(project=project, changes={"deputy": deputy}, actor=None, at=MONDAY)
    assert seat_deputies(MONDAY + 900 * DAY) == 0


def a_deputy_from_tuesday(project):
    deputy = a_user("deputy", Role.TAM)
    operations.appoint_deputy(
        project=project, deputy=deputy, from_at=MONDAY + DAY, until=MONDAY + 8 * DAY, actor=None, at=MONDAY
    )
    return deputy


@pytest.mark.parametrize(("days", "expected"), [(0, "tam"), (1, "deputy"), (7, "deputy"), (8, "tam")])
def test_in_the_deputys_days_messages_and_alerts_go_to_the_deputy(project, days, expected):
    a_deputy_from_tuesday(project)
    at = MONDAY + days * DAY
    seat_deputies(at)
    project.refresh_from_db()
    blocked = a_task(project)
    operations.block_task(task=blocked, reason="client", text="No key", actor=None, at=at)
    assert [str(one.recipient) for one in Delivery.objects.filter(event="blocked")] == [expected]
    incident = an_incident(client=project.client, project=project)
    clock = Clock.objects.get(subject_id=incident.pk, kind=Clock.Kind.RESPONSE)
    asked = [one.name for one in candidates_of([clock], at=at)[clock.pk] if one.in_chain and not one.skipped]
    assert asked[0] == expected


def test_what_the_tam_asked_is_answered_to_the_deputy_and_what_others_asked_to_them(project, tam, architect):
    deputy = a_deputy_from_tuesday(project)
    request, expert = a_request(project), create_contact(client=project.client, name="Eva", actor=None, at=MONDAY)
    asked = [
        operations.ask(request=request, text=f"How many, {who}?", contact=expert, actor=who, at=MONDAY)
        for who in (tam, architect)
    ]
    seat_deputies(MONDAY + DAY)
    for question in asked:
        question.refresh_from_db()
        operations.answer(question=question, text="Twelve", actor=None, at=MONDAY + DAY)
    told = [one.recipient for one in Delivery.objects.filter(subject__startswith="Answered").order_by("pk")]
    assert told == [deputy, architect]


def test_a_deputy_who_cannot_be_reached_leaves_the_alert_to_the_tam(project):
    deputy = a_deputy_from_tuesday(project)
    type(deputy).objects.filter(pk=deputy.pk).update(is_active=False)
    seat_deputies(MONDAY + DAY)
    incident = an_incident(client=project.client, project=Project.objects.get())
    clock = Clock.objects.get(subject_id=incident.pk, kind=Clock.Kind.RESPONSE)
    found = [one for one in candidates_of([clock], at=MONDAY + DAY)[clock.pk] if not one.skipped]
    assert found[0].role == "tam"


def test_deputy_and_tam_hear_of_the_days_and_of_their_end(project, tam):
    deputy = a_deputy_from_tuesday(project)
    operations.dismiss_deputy(project=project, deputy=deputy, actor=tam, at=MONDAY + DAY)
    told = [(one.recipient, one.subject) for one in Delivery.objects.filter(event="handover").order_by("pk")]
    begins, ends = f"{deputy} stands in on {project}", f"{deputy} stands in no longer on {project}"
    assert told == [(deputy, begins), (tam, begins), (deputy, ends)]


@pytest.mark.parametrize("days", [0, 3], ids=["before the days", "in the days"])
def test_a_deputys_days_are_ended_early(project, days):
    deputy = a_deputy_from_tuesday(project)
    seat_deputies(MONDAY + days * DAY)
    for _ in range(2):
        operations.dismiss_deputy(project=project, deputy=deputy, actor=None, at=MONDAY + days * DAY)
    for later in (days, 4, 7):
        seat_deputies(MONDAY + later * DAY)
        project.refresh_from_db()
        assert (project.deputy, project.deputy_until) == (None, None)
    assert History.objects.filter(verb="deputy dismissed").count() == 1


def test_who_is_appointed_for_days_takes_those_of_another(project):
    first, second = a_deputy_from_tuesday(project), a_user("second", Role.TAM)
    operations.appoint_deputy(
        project=project, deputy=second, from_at=MONDAY, until=MONDAY + 3 * DAY, actor=None, at=MONDAY
    )
    for days, expected in [(0, second), (2, second), (4, None)]:
        seat_deputies(MONDAY + days * DAY)
        project.refresh_from_db()
        assert project.deputy == expected
    assert not projects_visible_to(first).exists()


@pytest.mark.parametrize("ended_on", [None, 0, 3], ids=["to the end", "before the days", "in the days"])
def test_a_deputy_without_days_comes_back_after_those_of_another(project, ended_on):
    standing = a_user("standing", Role.TAM)
    operations.update_project(project=project, changes={"deputy": standing}, actor=None, at=MONDAY - DAY)
    deputy = a_deputy_from_tuesday(project)
    named = []
    for days in (0, 1, 3, 4, 8):
        if days == ended_on:
            operations.dismiss_deputy(project=project, deputy=deputy, actor=None, at=MONDAY + days * DAY)
        seat_deputies(MONDAY + days * DAY)
        project.refresh_from_db()
        named.append(project.deputy)
    in_between = {None: [deputy] * 3, 0: [standing] * 3, 3: [deputy, standing, standing]}[ended_on]
    assert named == [standing, *in_between, standing]


# --- who hears that the TAM is another one -------------------------------------------------------------------------
def experts_of(project):
    for name, kind in (("Eva", "technical_expert"), ("Max", "decision_maker")):
        mail = f"{name.lower()}@client.example"
        create_contact(client=project.client, name=name, kind=kind, email=mail, actor=None, at=MONDAY)


def test_the_clients_experts_hear_who_their_tam_is_when_both_have_signed(project, tam):
    experts_of(project)
    after = a_user("after", Role.TAM)
    handover = operations.begin_handover(
        project=project, kind=Handover.Kind.CHANGE, receiver=after, actor=None, at=MONDAY
    )
    operations.sign(handover=handover, actor=tam, at=MONDAY)
    assert not Delivery.objects.filter(recipient=None).exists()
    operations.sign(handover=handover, actor=after, at=MONDAY)
    told = Delivery.objects.get(recipient=None)
    assert told.address == "eva@client.example"
    assert told.subject == f"Your technical account manager for {project} is after"
    assert after.email in told.body


def test_a_tam_who_is_named_without_a_handover_gets_the_brief_and_the_client_hears(project, tam):
    experts_of(project)
    operations.block_task(task=a_task(project, title="Racks"), reason="client", text="No key", actor=None, at=MONDAY)
    after, manager = a_user("after", Role.TAM), a_user("manager", Role.MANAGER)
    operations.update_project(project=project, changes={"tam": after}, actor=manager, at=MONDAY)
    told = {one.recipient: one for one in Delivery.objects.filter(event="handover")}
    assert set(told) == {after, tam, None}
    assert "Racks" in told[after].body
    assert "No key" in told[after].body


def test_the_same_person_named_on_the_project_is_no_change(tam):
    client = a_client(tam=tam)
    experts_of(a_project(client=client))
    operations.update_project(project=Project.objects.get(), changes={"tam": tam}, actor=None, at=MONDAY)
    assert not Delivery.objects.exists()


def test_about_an_incident_of_a_project_its_own_tam_and_deputy_are_asked():
    client = a_client(deputy=a_user("client-deputy", Role.TAM))
    project = a_project(client=client, tam=a_user("own-tam", Role.TAM))
    incident = an_incident(client=client, project=project)
    clock = Clock.objects.get(subject_id=incident.pk, kind=Clock.Kind.RESPONSE)
    found = {one.role: one.name for one in candidates_of([clock], at=MONDAY)[clock.pk]}
    assert (found["tam"], found["deputy"]) == ("own-tam", "client-deputy")
