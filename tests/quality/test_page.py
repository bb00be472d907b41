"""The quality page: one sentence, figures that lead to their lists, filters in the address, and the same as a file."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Grant, Role
from incidents import operations
from incidents.forms import FilterForm
from incidents.listing import listed
from incidents.models import Incident
from kernel.errors import Invalid
from quality.export import as_csv
from quality.forms import Filters
from quality.page import quality_page
from quality.periods import period_named, periods_to_choose
from quality.queries import quality_report
from tests.factories import MONDAY, a_client, a_department, a_policy, a_user, an_incident, grant
from tests.quality.worlds import NOW, a_past, two_clients

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return a_user("", Role.MANAGER)


def page(**filters):
    asked = {"period": period_named("12-months", now=NOW), **filters}
    return quality_page(Incident.objects.all(), filters=Filters(**asked), now=NOW)


def resolved(after: timedelta, *, at=MONDAY, **fields):
    """An incident with targets of 15 minutes and one hour, answered and resolved together."""
    fields.setdefault("client", None)
    client = fields.pop("client") or a_client(policy=a_policy(response_s=900, resolution_s=3600))
    incident = an_incident(client=client, at=at, **fields)
    return operations.resolve(incident=incident, actor=None, now=at + after)


IN_TIME, LATE = timedelta(minutes=10), timedelta(minutes=90)


# --- the sentence ---------------------------------------------------------------------------------------------------
def test_the_sentence_says_when_all_is_well():
    resolved(IN_TIME)
    assert page().sentence == "Response and resolution are above the goal of 95%."


def test_the_sentence_names_what_is_low_and_the_departments_that_make_most_of_it():
    client = a_client(policy=a_policy(response_s=7200, resolution_s=7200 + 60))
    for slug, late in [("backup", 3), ("dba", 2), ("network", 1)]:
        for _number in range(late):
            resolved(timedelta(hours=3), client=client, department=a_department(slug))
    resolved(timedelta(hours=1), client=client)
    found = page().sentence
    assert found.startswith("Both are below the goal of 95%: response 14.3%, resolution 14.3% in time.")
    assert found.endswith("Backup and DBA make most of what was missed.")


def test_without_incidents_the_page_says_so_and_offers_all_time(browse, manager):
    answer = browse(manager).get("/quality/")
    assert answer.status_code == 200
    assert "No incident was opened in this period" in answer.content.decode()
    assert "?period=all" in answer.content.decode()


# --- figures and their lists -----------------------------------------------------------------------------------------
def test_the_figures_compare_with_the_period_before():
    client = a_client(policy=a_policy(response_s=900, resolution_s=3600))
    march, february = MONDAY, MONDAY - timedelta(days=20)
    for at, after in [(march, IN_TIME), (march, LATE), (february, IN_TIME)]:
        resolved(after, at=at, client=client)
    stats = {stat.label: stat for stat in page(period=period_named("2026-03", now=NOW)).stats}
    share = stats["Resolution in time"]
    assert (share.value.text, share.note.text, share.was, share.is_bad) == ("50%", "1 of 2", "was 100%", True)
    assert stats["Missed resolutions"].value.text == "1"
    assert stats["Incidents"].value.text == "2"


def test_every_count_leads_to_the_list_it_was_counted_from(manager):
    clients = two_clients()
    a_past(clients, incidents=40, seed=6, now=NOW)
    for filters in ({}, {"client": clients[0], "clock": "response"}, {"period": period_named("2026-04", now=NOW)}):
        found = page(**filters)
        rows = [*found.priorities, *found.departments, *found.most_missed]
        linked = [getattr(row, name) for row in rows for name in ("incidents", "met", "missed", "running")]
        linked += [part for stat in found.stats for part in (stat.value, stat.note)]
        linked = [part for part in linked if part.url]
        assert len(linked) > 30
        for part in linked:
            address, _mark, query = part.url.partition("?")
            assert address == "/incidents/"
            form = FilterForm(QueryDict(query), user=manager)
            assert form.is_valid(), form.errors
            behind = listed(manager, view=QueryDict(query)["view"], wishes=form.wishes(), now=NOW)
            assert behind.count() == int(part.text.split()[0]), part


def test_tables_and_figures_add_up():
    a_past(two_clients(), incidents=40, seed=7, now=NOW)
    found = page()
    responses, resolutions = found.priorities[:-2:2], found.priorities[1:-2:2]
    for rows, total in ((responses, found.total.response), (resolutions, found.total.resolution)):
        for verdict in ("met", "missed", "running"):
            assert sum(getattr(row.figures, verdict) for row in rows) == getattr(total, verdict)
    assert sum(row.figures.met for row in found.departments) == found.total.resolution.met


def test_the_chart_by_month_covers_a_year_even_for_a_single_month():
    resolved(IN_TIME)
    chart = page(period=period_named("2026-03", now=NOW)).by_month
    assert chart is not None
    assert [row[0] for row in chart.table.rows][0::11] == ["Apr", "Mar"]
    assert chart.table.rows[-1] == ("Mar", "100%", "100%")
    assert chart.table.rows[0] == ("Apr", "–", "–")
    assert chart.table.rows[9][0] == "Jan 26"


def test_of_all_time_the_chart_shows_the_year_up_to_the_latest_incident():
    client = a_client(policy=a_policy(response_s=900, resolution_s=3600))
    for years in (0, 8):
        resolved(IN_TIME, at=MONDAY - timedelta(days=365 * years), client=client)
    chart = page(period=period_named("all", now=NOW + timedelta(days=900))).by_month
    assert chart is not None
    assert chart.table.rows[-1] == ("Mar", "100%", "100%")
    assert chart.table.rows[0] == ("Apr", "–", "–")


def test_the_chart_by_department_follows_the_chosen_clock():
    client = a_client(policy=a_policy(response_s=900, resolution_s=36000))
    incident = an_incident(client=client, at=MONDAY, department=a_department("dba"))
    operations.acknowledge(incident=incident, actor=None, now=MONDAY + timedelta(minutes=6))
    operations.resolve(incident=incident, actor=None, now=MONDAY + timedelta(hours=3))
    response, resolution = page(clock="response").by_department, page(clock="resolution").by_department
    assert response is not None
    assert resolution is not None
    assert response.table.rows == (("DBA", "6 min", "6 min", "6 min"),)
    assert resolution.table.rows == (("DBA", "3 h", "3 h", "3 h"),)


# --- filters ---------------------------------------------------------------------------------------------------------
def test_client_and_priority_narrow_every_figure():
    client, other = two_clients()
    for owner, priority in [(client, "P1"), (client, "P2"), (other, "P1")]:
        an_incident(client=owner, priority=priority, at=MONDAY)
    found = page(client=client, priority="P1")
    assert found.total.incidents == 1
    assert [row.name for row in found.priorities] == ["P1", "P1"]


@pytest.mark.parametrize(
    ("slug", "since", "until"),
    [
        ("12-months", date(2025, 5, 1), date(2026, 5, 1)),
        ("3-months", date(2026, 2, 1), date(2026, 5, 1)),
        ("2025-12", date(2025, 12, 1), date(2026, 1, 1)),
        ("all", None, None),
    ],
)
def test_a_period_is_whole_months(slug, since, until):
    found = period_named(slug, now=NOW)
    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize("slug", ["2026-13", "2026-1", "yesterday", "26-01", "2026-01-01", "0001-01"])
def test_a_period_that_nobody_knows_is_refused(slug):
    with pytest.raises(Invalid):
        period_named(slug, now=NOW)


def test_the_latest_months_can_be_chosen_and_the_chosen_one_is_among_them():
    chosen = period_named("2016-03", now=NOW)
    slugs = [period.slug for period in periods_to_choose(now=NOW, chosen=chosen)]
    assert slugs[:4] == ["12-months", "3-months", "2026-04", "2026-03"]
    assert slugs[-2:] == ["all", "2016-03"]


def test_a_month_begins_in_the_zone_of_the_installation_whoever_looks(browse, manager, settings):
    settings.TIME_ZONE = "Europe/Vienna"
    manager.time_zone = "America/New_York"
    manager.save()
    an_incident(at=datetime.fromisoformat("2026-03-31T23:30:00+02:00"), now=NOW)
    shown = browse(manager).get("/quality/?period=2026-03")
    assert shown.context["page"].total.incidents == 1


@pytest.mark.parametrize("query", ["period=never", "client=nobody", "priority=P9", "clock=wall"])
def test_a_filter_that_is_not_understood_goes_back_with_a_message(browse, manager, query):
    answer = browse(manager).get(f"/quality/?{query}")
    assert answer.status_code == 302


# --- who sees what ---------------------------------------------------------------------------------------------------
def test_a_tam_sees_figures_and_names_of_the_own_clients_only(browse):
    mine, others = two_clients()
    for client in (mine, others):
        an_incident(client=client, at=timezone.now() - timedelta(hours=1), now=timezone.now())
    shown = browse(mine.tam).get("/quality/")
    assert shown.context["page"].total.incidents == 1
    assert others.name not in shown.content.decode()


def test_a_clients_contact_is_refused_and_a_stranger_signs_in(browse, client):
    contact = a_user("contact", Role.CONTACT)
    grant(contact, Role.CONTACT, Grant.Scope.CLIENT, a_client().pk)
    for address in ("/quality/", "/quality/export.csv"):
        assert browse(contact).get(address).status_code == 403
        assert client.get(address).status_code == 302


def test_the_file_holds_what_the_filters_say(browse, manager):
    now = timezone.now()
    clients = two_clients()
    a_past(clients, incidents=20, seed=8, now=now)
    answer = browse(manager).get("/quality/export.csv?client=helios&priority=P2&period=all")
    wanted = quality_report(
        Incident.objects.filter(priority="P2"),
        client=clients[1],
        group_by=("month", "client", "department", "priority"),
        now=now,
    )
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="quality-all.csv"'
    assert answer.content.decode() == as_csv(wanted)


def test_the_page_costs_the_same_for_a_few_incidents_and_for_many(browse, manager):
    clients, browser = two_clients(), browse(manager)

    def cost(new: int) -> int:
        a_past(clients, incidents=new, seed=new, now=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/quality/").status_code == 200
        return len(queries)

    assert cost(5) == cost(25)
