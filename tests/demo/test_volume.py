"""Made-up volume: true to its events, the same for the same seed, with every kind of clock in it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import TestCase

from alerts.audit import violations
from alerts.operations import sweep
from demo.volume.filling import Volume, fill
from incidents.models import Hop, Incident, IncidentEvent
from kernel.errors import Conflict
from projects.models import Task
from sla.models import Clock
from sla.terms import forget

NOW = datetime(2026, 6, 10, 10, 30, tzinfo=UTC)
SOME = Volume(clients=4, projects=8, incidents=250, open_share=0.5)


class TestVolume(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        fill(SOME, seed=7, now=NOW)

    def test_every_row_is_what_its_events_say_and_nothing_is_owed(self) -> None:
        assert [str(violation) for violation in violations(NOW, stopped_too=True)] == []
        assert sweep(NOW).found == 0

    def test_clocks_run_wait_are_met_and_breached(self) -> None:
        states = set(Clock.objects.values_list("state", flat=True))
        assert states == {"running", "paused", "met", "breached"}
        assert Incident.objects.open().count() > 90
        assert Hop.objects.count() > SOME.incidents

    def test_a_seed_is_used_once(self) -> None:
        with pytest.raises(Conflict):
            fill(SOME, seed=7, now=NOW)

    def test_another_seed_makes_others_beside_them(self) -> None:
        fill(dataclasses.replace(SOME, incidents=20), seed=8, now=NOW)
        assert Incident.objects.count() == SOME.incidents + 20


@pytest.mark.django_db
def test_the_same_seed_at_the_same_instant_makes_the_same() -> None:
    def told() -> list[tuple[object, ...]]:
        rows = IncidentEvent.objects.order_by("at", "incident__external_ref", "pk")
        return list(rows.values_list("at", "kind", "incident__title", "department__slug", "assignee__username"))

    few = Volume(clients=2, projects=2, incidents=30, open_share=0.5)
    with transaction.atomic():
        fill(few, seed=1, now=NOW)
        first = told()
        transaction.set_rollback(True)
    forget()
    fill(few, seed=1, now=NOW)
    assert told() == first


@pytest.mark.django_db
def test_tasks_are_refused_without_a_project() -> None:
    with pytest.raises(CommandError, match="need a project"):
        call_command("generate", clients=1, projects=0, tasks=5, incidents=0)


@pytest.mark.django_db
def test_the_command_says_what_it_made(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("generate", clients=1, projects=1, tasks=7, incidents=3)
    assert "7 tasks, 3 incidents" in capsys.readouterr().out
    assert (Incident.objects.count(), Task.objects.count()) == (3, 7)
