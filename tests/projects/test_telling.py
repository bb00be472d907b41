"""Who hears what of requests and tasks: one message for one cause, to whoever has to do with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.operations import create_contact
from alerts.models import Delivery
from departments.operations import set_head
from projects import operations
from projects.models import ActionLink, Feedback, Task
from projects.operations import announcing
from tests.factories import MONDAY, a_department, a_dependency, a_project, a_request, a_task, a_user

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)


def told(**which: object) -> list[Delivery]:
    return list(Delivery.objects.filter(notice="work", state="pending", **which).order_by("pk"))


@pytest.fixture
def head() -> object:
    head = a_user("head-of-unix")
    set_head(department=a_department("unix"), head=head, actor=None, at=MONDAY)
    return head


def test_a_cascade_is_one_message_a_department(head) -> None:
    project = a_project()
    first = a_task(project)
    freed = [a_task(project, department="unix") for _ in range(5)]
    for task in freed:
        a_dependency(first, task)
    engineer = a_user("mara")
    for_mara = a_task(project, department="unix", assignee=engineer)
    a_dependency(first, for_mara)
    Delivery.objects.all().delete()
    operations.complete_task(task=first, note="VLAN 410 is up", actor=None, at=LATER)
    [to_head] = told(recipient=head)
    assert to_head.subject == "5 tasks can start"
    assert "VLAN 410 is up" in to_head.body
    [to_mara] = told(recipient=engineer)
    assert to_mara.subject == f"You can start: {for_mara}"
    assert ActionLink.objects.filter(user=engineer, task=for_mara).count() == 3


def test_nobody_is_told_before_all_predecessors_are_done(head) -> None:
    project = a_project()
    one, two, after = a_task(project), a_task(project), a_task(project, department="unix")
    a_dependency(one, after)
    a_dependency(two, after)
    operations.complete_task(task=one, actor=None, at=LATER)
    assert not told(recipient=head)
    operations.complete_task(task=two, actor=None, at=LATER)
    assert len(told(recipient=head)) == 1


def test_what_is_not_true_any_more_is_not_sent_and_may_be_told_again(head) -> None:
    project = a_project()
    before, after = a_task(project), a_task(project, department="unix")
    a_dependency(before, after)
    operations.complete_task(task=before, actor=None, at=LATER)
    operations.reopen_task(task=before, actor=None, at=LATER)
    assert not told(recipient=head)
    operations.complete_task(task=before, actor=None, at=LATER)
    assert len(told(recipient=head)) == 1


def test_a_lag_is_waited_for_and_then_told_once(head) -> None:
    project = a_project()
    before, after = a_task(project), a_task(project, department="unix")
    a_dependency(before, after, lag_h=2, lag_calendar="24x7")
    announcing.announce_due(LATER)
    operations.complete_task(task=before, actor=None, at=LATER)
    assert announcing.announce_due(LATER + timedelta(hours=1)) == 0
    assert announcing.announce_due(LATER + timedelta(hours=2)) == 1
    assert announcing.announce_due(LATER + timedelta(hours=3)) == 0
    assert len(told(recipient=head)) == 1


def test_a_request_that_is_not_agreed_announces_nothing(head) -> None:
    request = a_request()
    a_task(change_request=request, department="unix")
    assert announcing.announce_due(LATER) == 0
    operations.agree(request=request, actor=None, at=LATER)
    assert len(told(recipient=head)) == 1
    assert announcing.announce_due(LATER) == 0


def test_who_waits_for_nothing_more_is_told_though_nobody_ended_anything(head) -> None:
    project = a_project()
    before, after = a_task(project), a_task(project, department="unix")
    dependency = a_dependency(before, after)
    operations.remove_dependency(dependency=dependency, actor=None, at=LATER)
    announcing.announce_due(LATER)
    assert [one.subject for one in told(recipient=head)] == [f"You can start: {after}"]


def test_a_looser_dependency_frees_who_waits(head) -> None:
    project = a_project()
    before, after = a_task(project), a_task(project, department="unix")
    operations.start_task(task=before, actor=None, at=MONDAY)
    dependency = a_dependency(before, after)
    operations.change_dependency(dependency=dependency, changes={"kind": "SS"}, actor=None, at=LATER)
    assert [one.subject for one in told(recipient=head)] == [f"You can start: {after}"]


def test_what_another_request_frees_before_its_own_is_agreed_is_told_when_it_is(head) -> None:
    before = a_task()
    request = a_request()
    after = a_task(change_request=request, department="unix")
    a_dependency(before, after)
    operations.complete_task(task=before, actor=None, at=LATER)
    assert not told(recipient=head)
    operations.agree(request=request, actor=None, at=LATER)
    assert len(told(recipient=head)) == 1


def test_a_department_is_told_once_of_what_another_one_hands_over(head) -> None:
    mara = a_user("mara")
    task = a_task(department="network", assignee=mara)
    announcing.announce_due(MONDAY)
    operations.hand_over(task=task, department=a_department("unix"), note="The cable is in", actor=mara, at=LATER)
    [message] = told(recipient=head)
    assert message.subject == f"Handed over to Unix: {task}"
    assert "mara: The cable is in" in message.body
    assert "It can start." in message.body
    assert announcing.announce_due(LATER) == 0


def test_what_was_begun_and_is_handed_over_says_so_to_who_gets_it(head) -> None:
    mara, nils = a_user("mara"), a_user("nils")
    task = a_task(department="network", assignee=mara)
    operations.start_task(task=task, actor=mara, at=MONDAY)
    Delivery.objects.all().delete()
    operations.hand_over(
        task=task, department=a_department("unix"), assignee=nils, note="Half of it", actor=mara, at=LATER
    )
    [message] = told()
    assert (message.recipient, message.subject) == (nils, f"Given to you: {task}")
    assert "In progress" in message.body
    assert "Half of it" in message.body


def test_a_department_is_told_when_its_task_comes_by_an_edit(head) -> None:
    task = a_task(department="network")
    announcing.announce_due(LATER)
    operations.update_task(task=task, changes={"department": a_department("unix")}, actor=None, at=LATER)
    assert [one.subject for one in told(recipient=head)] == [f"Handed over to Unix: {task}"]


def test_what_was_sent_back_is_told_anew_once_it_is_mended(head) -> None:
    task = a_task(department="unix")
    announcing.announce_due(LATER)
    operations.return_task(task=task, reason="No address plan", actor=head, at=LATER)
    assert announcing.announce_due(LATER) == 0
    operations.update_task(task=task, changes={"what": "By the plan in 4.2"}, actor=None, at=LATER)
    assert announcing.announce_due(LATER + timedelta(minutes=1)) == 1
    assert len(told(recipient=head)) == 2


def test_who_gets_many_at_once_hears_once_and_who_has_one_of_them_no_longer_sees_it() -> None:
    mara, nils = a_user("mara"), a_user("nils")
    project = a_project()
    tasks = [a_task(project, assignee=nils), a_task(project), a_task(project, assignee=mara)]
    over = a_task(project)
    operations.cancel_task(task=over, actor=None, at=MONDAY)
    Delivery.objects.all().delete()
    refused = operations.assign_many(tasks=[*tasks, over], assignee=mara, actor=None, at=LATER)
    assert refused == {over.pk: f"{over.reference} has ended already."}
    assert [one.subject for one in told(recipient=mara)] == ["2 tasks are given to you"]
    assert not told(recipient=nils)


def test_who_leads_hears_of_what_is_stuck_returned_and_silent() -> None:
    project = a_project()
    tam = project.client.tam
    task = a_task(project, assignee=a_user("mara"))
    operations.start_task(task=task, actor=task.assignee, at=MONDAY)
    operations.block_task(task=task, reason="client", text="No licence key", actor=task.assignee, at=LATER)
    [blocked] = told(recipient=tam)
    assert "No licence key" in blocked.body
    operations.return_task(task=task, reason="No address plan", actor=task.assignee, at=LATER)
    assert [one.subject for one in told(recipient=tam)][1:] == [f"Came back: {Task.objects.get(pk=task.pk)}"]
    operations.start_task(task=task, actor=task.assignee, at=LATER)
    assert announcing.notice_silence(LATER + timedelta(hours=39)) == 0
    assert announcing.notice_silence(LATER + timedelta(hours=41)) == 1
    assert announcing.notice_silence(LATER + timedelta(hours=42)) == 0
    operations.say(task=task, text="Going on", actor=task.assignee, at=LATER + timedelta(hours=43))
    assert announcing.notice_silence(LATER + timedelta(hours=90)) == 1


def test_the_contact_is_asked_told_and_asked_how_it_was() -> None:
    project = a_project()
    contact = create_contact(
        client=project.client, name="Petra Weiss", email="petra@client.example", actor=None, at=MONDAY
    )
    request = a_request(project, requested_by=contact)
    operations.ask(request=request, text="How many?", contact=contact, actor=None, at=MONDAY)
    task = a_task(change_request=request)
    operations.complete_task(task=task, actor=None, at=LATER)
    operations.deliver(request=request, actor=None, at=LATER)
    operations.accept(request=request, actor=None, at=LATER)
    subjects = [one.subject for one in told(address="petra@client.example")]
    assert [subject.split()[0] for subject in subjects] == ["A", "Ready", "How"]
    assert Feedback.objects.get(request=request).contact == contact
