"""Somebody whose language is French reads French: the pages, and the mail of an alert."""

from __future__ import annotations

import re

import pytest
from django.utils import translation
from django.utils.dates import MONTHS

from accounts.models import Contact
from alerts import operations
from alerts.models import Delivery
from incidents.models import Status
from kernel.templatetags.ui import DAY, HOUR, MINUTE, duration, number, percent
from projects import operations as work
from projects.lifecycle import RequestStatus, TaskStatus
from projects.models import ChangeRequest, Check, Document, HandoverItem, Project, Task
from projects.queries.queues import Part
from tests.factories import a_dependency, a_project, a_request, a_task
from tests.web.worlds import World

pytestmark = pytest.mark.django_db
WORDS = re.compile(r">([^<>]+)<")
NAMES = re.compile(r"<option.*?</option>|Around the clock", re.DOTALL)  # data: zones, clients, a calendar
# What only an untranslated page says.
ENGLISH = re.compile(r"\b(?:the|of|and|with|nobody|deadline|response|department|opened|acknowledge)\b", re.I)


@pytest.fixture
def world() -> World:
    world = World()
    world.tam.language = "fr"
    world.tam.save()
    world.incident(minutes=40, title="Panne du proxy")
    return world


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/", "1 chronomètre est dépassé. 1 incident attend une prise en charge."),
        ("/incidents/", "Échéance la plus proche"),
        ("/incidents/new/", "Ce qui ne va pas, en une ligne"),
        ("/alerts/", "Rien n’attend personne"),
        ("/quality/", "Comment on compte"),
        ("/clients/", "Clients"),
        ("/clients/aldgate/", "Qui parle à qui"),
        ("/departments/", "Départements"),
        ("/departments/network/", "Plages horaires"),
        ("/find/", "Rechercher"),
        ("/me/", "Votre profil"),
        ("/me/notifications/", "Ce qui me parvient, et comment"),
        ("/policies/", "En vigueur"),
        ("/policies/gold/", "Exemple chiffré"),
        ("/policies/try/", "Essayer une règle sur le passé"),
        ("/calendars/", "Temps ouvré"),
        ("/duty/", "Planning d’astreinte"),
        ("/duty/absences/", "Tout le monde est là"),
        ("/duty/feeds/", "Créer une adresse"),
        ("/projects/", "Nouveau projet"),
        ("/projects/new/", "Mise en production promise"),
        ("/requests/", "Nouvelle demande"),
        ("/requests/new/", "Dans les mots du client"),
        ("/my-tasks/", "Vous n’avez rien en main."),
    ],
)
def test_a_page_is_french_from_its_language_to_its_last_word(world, browse, path, says):
    page = browse(world.tam).get(path).text
    assert '<html lang="fr"' in page
    assert says in page
    main = NAMES.sub("", page[page.index("<main") : page.index("</main>")])
    assert [text for text in WORDS.findall(main) if ENGLISH.search(text)] == []


def test_an_incident_and_what_is_done_to_it_is_told_in_french(world, browse):
    incident = world.incident(minutes=10, title="Baie pleine")
    browser = browse(world.tam)
    page = browser.get(f"/incidents/{incident.pk}/").text
    assert "Prendre en charge" in page
    assert "Chronologie" in page
    assert "L’échéance à la main" in browser.get(f"/incidents/{incident.pk}/clocks/resolution/").text
    answer = browser.post(f"/act/{incident.pk}/acknowledge/", {"next": "/"}, follow=True)
    assert f"{incident.reference} pris en charge" in answer.text


@pytest.fixture
def portal(world) -> Project:
    """A project with everything that its pages tell of, in the words of French people."""
    doing = {"actor": world.tam, "at": world.now}
    leading = {"tam": world.tam, "architect": world.architect}
    project = a_project("portail", client=world.client, name="Portail", at=world.now, **leading)
    request = a_request(project, title="Deux serveurs", at=world.now)
    stuck = a_task(project, change_request=request, title="Ouvrir les ports", at=world.now)
    waiting = a_task(project, change_request=request, title="Installer", department="unix", at=world.now)
    a_dependency(stuck, waiting, at=world.now)
    work.block_task(task=stuck, reason="client", text="Pas de liste", **doing)
    work.ask(request=request, text="Quelle version ?", contact=Contact.objects.get(user=world.contact), **doing)
    work.begin_handover(project=project, **doing)
    work.create_document(project=project, title="Plan du site", kind="Plan", **doing)
    work.agree(request=request, **doing)
    Check.objects.update(text="Prête")  # what ships as data speaks English
    HandoverItem.objects.update(text="Prêt")
    return project


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/projects/portail/", "Bloquée"),
        ("/projects/portail/?view=board", "Qui attend qui"),
        ("/projects/portail/requests/", "Souhaité pour"),
        ("/projects/portail/history/", "Passation commencée"),
        ("/projects/portail/documents/", "Prochaine revue"),
        ("/projects/portail/people/", "Nommer un suppléant"),
        ("/projects/portail/handover/", "Mise en production"),
        ("/requests/{request}/", "1 ouverte"),
        ("/requests/{request}/?view=list", "Marge"),
        ("/tasks/{stuck}/", "Dossier de transmission"),
        ("/tasks/{waiting}/", "Attend"),
        ("/documents/{document}/", "Toujours exact"),
    ],
)
def test_a_page_of_work_is_french_to_its_last_word(world, portal, browse, path, says):
    stuck, waiting = Task.objects.order_by("pk")
    rows = {
        "request": ChangeRequest.objects.get(),
        "document": Document.objects.get(),
        "stuck": stuck,
        "waiting": waiting,
    }
    page = browse(world.tam).get(path.format(**{name: row.pk for name, row in rows.items()})).text
    assert says in page
    main = NAMES.sub("", page[page.index("<main") : page.index("</main>")])
    assert [text for text in WORDS.findall(main) if ENGLISH.search(text)] == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RequestStatus.NEW, "Nouvelle"),
        (RequestStatus.ACCEPTED, "Acceptée"),
        (RequestStatus.IN_WORK, "En cours de réalisation"),
        (TaskStatus.CANCELLED, "Annulée"),
        (Part.BLOCKED, "Bloquées"),
        (Status.NEW, "Nouveau"),
        (Delivery.State.CANCELLED, "Annulé"),
    ],
)
def test_a_state_agrees_with_what_it_is_of(state, words):
    with translation.override("fr"):
        assert str(state.label) == words


def test_in_plain_text_a_long_moment_does_not_touch_the_next_column(world, browse):
    incident = world.incident(minutes=60 * 24 * 60, title="Baie pleine")
    text = browse(world.tam).get(f"/incidents/{incident.pk}/clocks/resolution.txt").text
    assert re.search(r"\d  Compté ", text)


def test_the_fifth_month_is_no_permission():
    """Texts of ours win over Django's, whose own name of the month is the same English word."""
    with translation.override("fr"):
        assert [str(MONTHS[number]) for number in (1, 5, 8)] == ["janvier", "mai", "août"]


def test_each_reader_of_an_alert_gets_the_mail_in_the_own_language(world, settings):
    settings.SITE_URL = "https://tamhub.example"
    operations.sweep(world.now)
    operations.deliver(world.now)
    mail = {one.recipient_id: one for one in Delivery.objects.filter(alert__level=100)}
    french, english = mail[world.tam.pk], mail[world.manager.pk]
    assert "objectif de 30 min dépassé : Aldgate" in french.subject
    assert "Vous recevez ce message en tant que\N{NO-BREAK SPACE}: TAM." in french.body
    assert "You get this as: service manager." in english.body


def test_times_and_shares_are_written_as_in_france():
    with translation.override("fr"):
        shown = [percent(0.983), duration(5 * DAY + 3 * HOUR), duration(4 * HOUR + 8 * MINUTE), number(18000)]
    assert [text.replace("\N{NO-BREAK SPACE}", "_") for text in shown] == [
        "98,3_%",
        "5_j_3_h",
        "4_h_08_min",
        "18\N{NARROW NO-BREAK SPACE}000",
    ]
