"""Today, the palette, clients: what each kind of person sees and can do there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Contact, Grant, Role
from alerts.operations import sweep
from desk.health import Health, Standing
from incidents import operations
from projects.operations import clarifying
from quality.operations import rebuild_rollups
from tests.factories import a_project, a_request, a_user, grant
from tests.web.worlds import CANARY, HTMX, World, asked_twice

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


# --- Today ----------------------------------------------------------------------------------------------------------
def test_today_says_in_one_sentence_what_is_over_and_what_waits(world, browse):
    world.incident(minutes=40, title="Over already")
    world.incident(minutes=25, title="Nearly over")
    page = browse(world.tam).get("/").text
    assert "1 clock is over. 1 is close. 2 incidents wait for a first reaction." in page
    assert page.index("Over already") < page.index("Nearly over")


def test_requests_that_need_somebody_stand_on_today_for_both_sides_and_in_the_tabs_of_a_phone(world, browse):
    project = a_project("portal", client=world.client)
    asked, new = a_request(project, title="Move the relay"), a_request(project, title="Something new")
    contact = Contact.objects.get(user=world.contact)
    clarifying.ask(request=asked, text="How many?", contact=contact, actor=world.tam, at=world.now)
    assert browse(world.tam).get("/").context["board"].requests == [new]
    answer = browse(world.contact).get("/")
    assert answer.context["board"].requests == [asked]
    assert "Waiting for you" in answer.text
    tabs = answer.text.partition('class="tabbar"')[2].partition("</nav>")[0]
    assert 'href="/requests/"' in tabs
    assert tabs.count("<a ") == 4


def test_what_is_over_comes_with_the_latest_first_and_then_what_ends_next(world, browse):
    for minutes in (300, 90, 20, 10):
        world.incident(minutes=minutes, title=f"opened {minutes} ago")
    page = browse(world.tam).get("/").text
    found = sorted((90, 300, 20, 10), key=lambda minutes: page.index(f"opened {minutes} ago"))
    assert found == [90, 300, 20, 10]


def test_a_tam_acknowledges_on_the_row_and_the_board_comes_back_changed(world, browse):
    incident = world.incident(title="Backup proxy gone")
    browser = browse(world.tam)
    assert "Acknowledge" in browser.get("/").text
    answer = browser.post(f"/act/{incident.pk}/acknowledge/", {"next": "/?scope=clients"}, headers=HTMX, follow=True)
    incident.refresh_from_db()
    assert incident.responded_at is not None
    assert answer.redirect_chain[0][0] == "/?scope=clients"
    assert answer.text.lstrip().startswith('<div class="stack" id="board"')
    assert f"Acknowledged {incident.reference}" in answer.text
    assert "Acknowledge<" not in answer.text


def test_without_script_the_action_leads_back_to_the_whole_page(world, browse):
    incident = world.incident()
    answer = browse(world.tam).post(f"/act/{incident.pk}/acknowledge/", {"next": "/?scope=all"})
    assert (answer.status_code, answer.url) == (303, "/?scope=all")
    away = browse(world.tam).post(f"/act/{incident.pk}/acknowledge/", {"next": "https://example.org/"})
    assert away.url == "/"


def test_an_engineer_sees_the_own_incidents_first_and_takes_what_nobody_has(world, browse):
    world.incident(title="In my hands", assignee=world.engineer)
    free = world.incident(title="Nobody has this")
    world.incident(title="Of another department", department=world.unix)
    browser = browse(world.engineer)
    page = browser.get("/").text
    assert "Nobody has 1 with your department." in page
    assert page.index("In my hands") < page.index("Nobody has it yet") < page.index("Nobody has this")
    assert "Of another department" not in page
    browser.post(f"/act/{free.pk}/take/")
    free.refresh_from_db()
    assert free.assignee == world.engineer


def test_of_two_who_reach_for_an_incident_the_second_is_told_who_has_it(world, browse):
    incident = world.incident()
    browse(world.colleague).post(f"/act/{incident.pk}/take/")
    browser = browse(world.engineer)
    answer = browser.post(f"/act/{incident.pk}/take/", headers={"Referer": "http://testserver/"}, follow=True)
    assert f"Cora Colleague-{CANARY} has {incident.reference} already." in answer.text
    incident.refresh_from_db()
    assert incident.assignee == world.colleague


def test_the_board_is_not_sent_again_while_nothing_on_it_changed(world, browse):
    incident = world.incident()
    browser = browse(world.tam)
    first, again = asked_twice(browser, "/")
    assert "<html" not in first.text
    assert again.status_code == 304
    operations.acknowledge(incident=incident, actor=world.tam, now=world.now)
    assert browser.get("/", headers={**HTMX, "If-None-Match": first["ETag"]}).status_code == 200
    assert "<html" in browser.get("/", headers={**HTMX, "HX-History-Restore-Request": "true"}).text


def test_open_alerts_stand_on_today_with_what_they_are_about(world, browse):
    world.incident(minutes=40, title="Core switch down")
    sweep(world.now)
    page = browse(world.tam).get("/").text
    assert "deadline passed" in page


def test_what_waits_for_a_client_says_since_when_and_is_not_among_the_clocks(world, browse):
    incident = world.incident(minutes=200, title="Licence key missing")
    operations.hold(
        incident=incident, reason="client", actor=world.tam, now=world.now, at=world.now - timedelta(hours=3)
    )
    page = browse(world.tam).get("/").text
    assert page.index('id="waiting"') < page.index("Licence key missing")
    assert "Waiting for client, Aldgate" in page


@pytest.mark.parametrize(
    ("who", "scopes"),
    [
        ("tam", ["mine", "clients", "all"]),
        ("engineer", ["mine", "department", "all"]),
        ("head", ["mine", "department", "all"]),
        ("manager", ["clients", "all"]),
        ("contact", []),
        ("architect", []),
    ],
)
def test_the_scopes_offered_are_those_of_the_role(world, browse, who, scopes):
    page = browse(getattr(world, who)).get("/?scope=nonsense").text
    assert [key for key in ("mine", "clients", "department", "all") if f'href="?scope={key}"' in page] == scopes


def test_a_service_manager_sees_every_client_or_only_the_own_ones(world, browse):
    foreign = world.other
    foreign.service_manager = None
    foreign.save()
    Grant.objects.filter(client=foreign).delete()
    world.incident(client=foreign, title="Of a client of somebody else")
    world.incident(title="Of an own client")
    browser = browse(world.manager)
    assert "Of a client of somebody else" in browser.get("/?scope=all").text
    own = browser.get("/?scope=clients").text
    assert "Of an own client" in own
    assert "Of a client of somebody else" not in own


# --- rights ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("verb", ["acknowledge", "take"])
@pytest.mark.parametrize(
    ("who", "status"), [("stranger", 404), ("contact", 403), ("architect", 404), ("tam", None), ("engineer", None)]
)
def test_who_may_act_on_a_row(world, browse, verb, who, status):
    incident = world.incident()
    person = a_user() if who == "stranger" else getattr(world, who)
    expected = status or (403 if (who, verb) == ("tam", "take") else 303)
    assert browse(person).post(f"/act/{incident.pk}/{verb}/").status_code == expected


def test_nothing_is_done_by_a_get(world, browse):
    incident = world.incident()
    browser = browse(world.engineer)
    assert browser.get(f"/act/{incident.pk}/take/").status_code == 405
    assert browser.get(f"/act/{incident.pk}/acknowledge/").status_code == 405


PAGES = ["/", "/?scope=all", "/clients/aldgate/", "/find/?q=o", "/find/?q=zyzzo", "/find/?q=an", "/me/", "/incidents/"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_contact_never_reads_a_name_a_note_or_a_client_that_is_not_theirs(world, browse, path, headers):
    world.secretive()
    answer = browse(world.contact).get(path, headers=headers)
    assert answer.status_code == 200
    assert CANARY not in answer.text.replace("q=zyzzo", "").replace('value="zyzzo"', "")


def test_nor_on_the_page_of_an_incident_of_their_own(world, browse):
    incident = world.secretive()
    browser = browse(world.contact)
    assert CANARY not in browser.get(f"/incidents/{incident.pk}/").text
    assert CANARY not in browser.get(f"/incidents/{incident.pk}/", headers=HTMX).text


@pytest.mark.parametrize("path", ["/departments/", "/departments/network/", "/clients/other/"])
def test_a_contact_finds_nothing_where_the_provider_works(world, browse, path):
    assert browse(world.contact).get(path).status_code == 404


def test_a_contact_is_brought_to_the_own_company_which_shows_no_figures_of_ours(world, browse):
    world.secretive()
    browser = browse(world.contact)
    assert browser.get("/clients/").url == "/clients/aldgate/"
    page = browser.get("/clients/aldgate/").text
    assert "What is promised" in page
    assert "SLA compliance" not in page
    assert "Latest alerts" not in page


@pytest.mark.parametrize(
    ("who", "seen"), [("tam", True), ("manager", True), ("admin", True), ("engineer", False), ("architect", False)]
)
def test_who_may_open_a_clients_dashboard(world, browse, who, seen):
    assert browse(getattr(world, who)).get("/clients/aldgate/").status_code == (200 if seen else 404)


def test_a_tam_does_not_find_another_tams_client(world, browse):
    world.incident(client=world.other, title="Secret of theirs")
    browser = browse(world.tam)
    assert browser.get("/clients/other/").status_code == 404
    assert CANARY not in browser.get("/clients/").text
    assert "Secret of theirs" not in browser.get("/find/?q=secret").text


def test_the_frame_names_the_role_that_says_most(world, browse):
    grant(world.architect, Role.ENGINEER, Grant.Scope.DEPARTMENT, world.network.pk)
    assert ">Architect<" in browse(world.architect).get("/").text


@pytest.mark.parametrize(
    ("who", "places"),
    [
        ("tam", ["today", "incidents", "departments", "clients", "quality", "alerts"]),
        ("engineer", ["today", "incidents", "queue", "quality", "alerts"]),
        ("manager", ["today", "incidents", "departments", "clients", "quality", "alerts"]),
        ("contact", ["today", "incidents", "clients"]),
    ],
)
def test_the_navigation_leads_only_where_the_person_may_go(world, browse, who, places):
    browser = browse(getattr(world, who))
    navigation = browser.get("/").text.split('id="nav"')[1].split("</nav>\n</div>")[0]
    links = {"today": "/", **{name: f"/{name}/" for name in places if name != "today"}}
    assert [name for name in links if f'href="{links[name]}"' in navigation] == places
    assert all(browser.get(links[name], follow=True).status_code == 200 for name in places)


# --- clients -------------------------------------------------------------------------------------------------------
def test_clients_stand_worst_first_and_say_why(world, browse):
    world.incident(client=world.other, minutes=40, priority="P1")
    page = browse(world.manager).get("/clients/").text
    assert page.index("Other-") < page.index(">Aldgate<")
    assert "1 urgent clock over." in page
    assert "1 is at risk." in page


def test_the_dashboard_tells_compliance_of_this_month_and_the_last_three(world, browse):
    met = world.incident(minutes=20)
    operations.resolve(incident=met, resolution="Done", actor=world.tam, now=world.now)
    world.incident(minutes=300)
    rebuild_rollups()
    page = browse(world.tam).get("/clients/aldgate/").text
    assert "At risk." in page
    assert page.count("50%") >= 3
    assert '<svg class="chart"' in page


def test_who_talks_to_whom_is_drawn_and_told_as_a_list(world, browse):
    page = browse(world.tam).get("/clients/aldgate/").text
    assert "Network lead" in page
    assert "Carl Contact</b>, Network lead: Tara Tam" in page


@pytest.mark.parametrize(
    ("standing", "health"),
    [
        (Standing(), Health.UNKNOWN),
        (Standing(response=0.99, resolution=0.96), Health.HEALTHY),
        (Standing(response=0.99, resolution=0.94), Health.WATCH),
        (Standing(response=0.89, resolution=1.0), Health.AT_RISK),
        (Standing(open=1, over=1, response=1.0, resolution=1.0), Health.WATCH),
        (Standing(open=1, over=1, urgent_over=1), Health.AT_RISK),
        (Standing(open=1, at_risk=1), Health.WATCH),
    ],
)
def test_health_follows_the_rule_on_the_page(standing, health):
    assert standing.health is health


# --- palette -------------------------------------------------------------------------------------------------------
def test_the_palette_finds_by_number_title_client_department_and_person(world, browse):
    incident = world.incident(title="Firewall renewal stuck")
    browser = browse(world.tam)

    def found(words: str) -> str:
        return browser.get("/find/", {"q": words}, headers=HTMX).text

    for words in (str(incident.pk), f"inc-{incident.pk}", f"#{incident.pk}", "renewal"):
        assert f'data-href="/incidents/{incident.pk}/"' in found(words)
    assert 'data-href="/clients/aldgate/"' in found("aldg")
    assert "<mark>Aldg</mark>ate" in found("aldg")
    assert 'data-href="/departments/network/"' in found("netw")
    assert "<mark>Carl</mark> Contact at Aldgate" in found("carl")
    assert 'data-href="/incidents/"' in found("")
    assert 'data-href="/incidents/new/"' in found("new inc")
    assert "Nothing is called that" in found("no such thing")


def test_the_palette_gives_at_most_a_dozen_rows_and_a_page_without_script(world, browse):
    for _number in range(20):
        world.incident(title="Aldgate again")
    browser = browse(world.tam)
    assert browser.get("/find/?q=a", headers=HTMX).text.count('role="option"') <= 12
    page = browser.get("/find/", {"q": "<script>again"}).text
    assert "<html" in page
    assert "<script>again" not in page


# --- cost ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", ["/", "/?scope=all", "/clients/aldgate/", "/clients/", "/find/?q=some", "/departments/"]
)
@pytest.mark.parametrize("who", ["tam", "manager", "head"])
def test_a_page_costs_the_same_for_one_incident_and_for_twenty(world, browse, path, who):
    person = getattr(world, who)
    grant(person, Role.TAM, Grant.Scope.CLIENT, world.client.pk)

    def cost(incidents: int) -> int:
        for number in range(incidents):
            incident = world.incident(minutes=40 * (number % 2) + 3, title=f"Something {number}")
            if number % 5 == 0:
                operations.hold(incident=incident, reason="client", actor=None, now=world.now)
        world.incident(minutes=50, assignee=world.engineer)
        sweep(world.now)
        browser = browse(person)
        browser.get(path)  # calendars and policies are remembered by the process
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(path).status_code == 200
        return len(queries)

    assert cost(6) == cost(20)
