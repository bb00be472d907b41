"""What load balancers and monitors are told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Role
from alerts import operations
from kernel.models import ProcessBeat
from sla.models import Clock
from tests.factories import a_client, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
PATHS = ("/health/live", "/health/ready", "/health/alerts")


@pytest.fixture
def passed() -> None:
    operations.run_pass(timezone.now(), process_name="alerts:test")


@pytest.mark.usefixtures("passed")
@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_is_told_that_all_is_well_and_nothing_else(client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]
    assert client.post(path).status_code == 405


def test_without_any_pass_alerts_are_not_watched(client) -> None:
    answer = client.get("/health/alerts")
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})


@pytest.mark.usefixtures("passed")
def test_a_pass_that_ended_a_minute_ago_is_too_old(client) -> None:
    ProcessBeat.objects.update(pass_finished=timezone.now() - timedelta(seconds=61))
    assert client.get("/health/alerts").status_code == 503


def test_a_deadline_that_nobody_noticed_for_half_a_minute_fails(client) -> None:
    now = timezone.now().replace(microsecond=0)
    an_incident(
        client=a_client(policy=a_policy()), at=now - timedelta(hours=1, seconds=40), now=now - timedelta(hours=1)
    )
    operations.passes.beat("alerts:test", started=now, finished=now, figures={})
    assert client.get("/health/alerts").status_code == 503
    operations.run_pass(timezone.now(), process_name="alerts:test")
    assert client.get("/health/alerts").status_code == 200


@pytest.mark.parametrize("path", ["/health/ready", "/health/alerts"])
def test_a_database_that_does_not_answer_is_told_without_its_words(client, monkeypatch, path: str) -> None:
    def away() -> None:
        raise OperationalError("password authentication failed for user tamhub")

    monkeypatch.setattr("tamhub.health.database_now", away)
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (503, {"status": "failing"})
    assert client.get("/health/live").status_code == 200


@pytest.mark.usefixtures("passed")
def test_who_runs_the_service_is_told_ages_and_counts(browse) -> None:
    now = timezone.now().replace(microsecond=0)
    begun = {"at": now - timedelta(hours=1, seconds=40), "now": now - timedelta(hours=1)}
    an_incident(client=a_client(policy=a_policy()), **begun)
    told = browse(a_user("manager", Role.MANAGER)).get("/health/alerts").json()
    assert told["status"] == "failing"
    assert told["troubles"] == ["clocks are past their deadline and were not swept"]
    assert told["oldest_overdue_s"] >= 1800
    assert told["processes"][0]["name"] == "alerts:test"
    assert "clock_ahead_s" in told["processes"][0]["figures"]
    operations.run_pass(timezone.now(), process_name="alerts:test")
    assert browse(a_user("admin", Role.ADMIN)).get("/health/alerts").json()["troubles"] == []


@pytest.mark.parametrize("role", [Role.TAM, Role.ENGINEER, Role.CONTACT])
@pytest.mark.usefixtures("passed")
def test_others_are_told_no_more_than_strangers(browse, role: str) -> None:
    assert browse(a_user("somebody", role)).get("/health/alerts").json() == {"status": "ok"}


def test_metrics_tell_queues_and_ages(client, settings) -> None:
    settings.METRICS_ENABLED = True
    now = timezone.now().replace(microsecond=0)
    an_incident(client=a_client(policy=a_policy()), at=now - timedelta(hours=2), now=now)
    Clock.objects.filter(kind="resolution").update(wake_at=now - timedelta(seconds=100))
    text = client.get("/metrics").content.decode()
    figures = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert figures["tamhub_open_clocks", "breached", "response"] == 1
    assert figures["tamhub_sweep_lag_seconds",] >= 100
    assert ("tamhub_last_pass_age_seconds",) not in figures
    operations.run_pass(timezone.now(), process_name="alerts:test")
    text = client.get("/metrics").content.decode()
    assert 'tamhub_deliveries{channel="email",state="sent"} 2.0' in text
    assert "tamhub_sweep_lag_seconds 0.0" in text
    assert "tamhub_last_pass_age_seconds" in text


def test_metrics_are_hidden_where_they_are_off(client, settings) -> None:
    settings.METRICS_ENABLED = False
    assert client.get("/metrics").status_code == 404
