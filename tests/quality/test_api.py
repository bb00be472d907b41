"""GET /api/v1/reports/quality/: the command's figures, over what the caller may see."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Grant, Role
from tests.factories import a_user, an_incident, grant
from tests.quality.worlds import a_past, two_clients

pytestmark = pytest.mark.django_db
URL = "/api/v1/reports/quality/"


def get(caller, **parameters):
    return caller.get(URL, {name.replace("since", "from"): value for name, value in parameters.items()})


def test_it_gives_the_same_figures_as_the_command(api):
    now = timezone.now().replace(microsecond=0)
    a_past(two_clients(), incidents=15, seed=1, now=now)
    day = (now - timedelta(days=40)).date().isoformat()
    for parameters, arguments in [
        ({}, []),
        ({"group_by": "client,month"}, ["--group-by", "client,month"]),
        (
            {"client": "helios", "since": day, "group_by": "priority"},
            ["--client", "helios", "--from", day, "--group-by", "priority"],
        ),
        ({"to": day}, ["--to", day]),
    ]:
        out = io.StringIO()
        call_command("quality_report", *arguments, "--format", "json", stdout=out)
        answer = get(api(a_user("", Role.MANAGER)), **parameters)
        assert answer.status_code == 200
        assert answer.json() == json.loads(out.getvalue())


def test_a_tam_sees_the_own_clients_only(api):
    mine, others = two_clients()
    for client in (mine, others):
        an_incident(client=client, at=timezone.now() - timedelta(hours=1), now=timezone.now())
    groups = get(api(mine.tam), group_by="client").json()["groups"]
    assert [group["key"] for group in groups] == [{"client": mine.slug}]


def test_a_token_for_one_client_counts_that_client_only(api):
    mine, others = two_clients()
    for client in (mine, others):
        an_incident(client=client, at=timezone.now() - timedelta(hours=1), now=timezone.now())
    caller = api(a_user("", Role.MANAGER), clients=(others.slug,))
    assert get(caller).json()["total"]["incidents"] == 1
    assert get(caller, client=mine.slug).status_code == 400


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"client": "nobody"}, "client"),
        ({"client": "helios"}, "client"),
        ({"since": "2026-02-30"}, "from"),
        ({"to": "1.3.2026"}, "to"),
        ({"since": "2026-03-02", "to": "2026-03-01"}, "to"),
        ({"group_by": "weekday"}, "group_by"),
        ({"group_by": "month,month"}, "group_by"),
        ({"priority": "P1"}, "priority"),
    ],
)
def test_what_it_does_not_understand_or_show_is_400_on_that_parameter(api, parameters, field):
    mine, _others = two_clients()
    answer = get(api(mine.tam), **parameters)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_head_may_ask_for_a_client_whose_incidents_the_department_has(api):
    mine, others = two_clients()
    incident = an_incident(client=mine, at=timezone.now() - timedelta(hours=1), now=timezone.now())
    head = a_user("head", Role.HEAD)
    grant(head, Role.HEAD, Grant.Scope.DEPARTMENT, incident.department_id)
    assert get(api(head), client=mine.slug).json()["total"]["incidents"] == 1
    assert get(api(head), client=others.slug).status_code == 400


def test_a_clients_contact_may_not_read_it_and_a_stranger_must_sign_in(api):
    mine, _others = two_clients()
    contact = a_user("contact", Role.CONTACT)
    grant(contact, Role.CONTACT, Grant.Scope.CLIENT, mine.pk)
    assert get(api(contact)).status_code == 403
    assert get(api()).status_code == 401


def test_it_can_only_be_read(api):
    assert api(a_user("", Role.MANAGER)).post(URL, {}, format="json").status_code == 405
