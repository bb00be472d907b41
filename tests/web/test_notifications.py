"""The page of what reaches oneself: wishes, what last week would have brought, addresses, and who may do what."""

from __future__ import annotations

import html
import uuid
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, User
from alerts import operations
from alerts.models import Delivery, Endpoint, NotificationHours, Preference
from alerts.operations.preferring import Modes, save_preferences
from alerts.preferences import Event, Hours, default_mode, planned, wishes_of, zone_of
from alerts.preview import last_days, occurrences, preview
from incidents.operations import acknowledge
from kernel.sealing import seal
from tests.factories import a_client, a_policy, a_user, an_incident
from tests.http_sink import sink

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PAGE = "/me/notifications/"
WISHES = {
    **{f"mail-{event}": default_mode(event, [Role.TAM]) for event in Event.values},
    **{"quiet_from": "", "quiet_until": "", "digest_at": "", "urgent_wakes": "on"},
}


def words(answer) -> str:
    return " ".join(html.unescape(answer.text).replace("\u00a0", " ").split())


@pytest.fixture
def tam() -> User:
    return a_user("tam", Role.TAM, time_zone="Europe/Berlin")


@pytest.fixture
def last_week(tam) -> datetime:
    """A warning and a breach three nights ago at three, and another breach the noon after; answers when we are."""
    now = timezone.now().replace(microsecond=0)
    noon = datetime.combine(last_days(tam, now=now)[3], time(12), tzinfo=zone_of(tam))
    client = a_client("castor", tam=tam, policy=a_policy(response_s=3600, resolution_s=360000))
    for due in (noon - timedelta(hours=9), noon):
        opened = due - timedelta(hours=1)
        incident = an_incident(client=client, at=opened, title="Disk is filling")
        operations.sweep(due - timedelta(minutes=20))
        operations.sweep(due + timedelta(seconds=1))
        acknowledge(incident=incident, actor=None, now=due + timedelta(minutes=1))
    return now


def test_the_preview_is_what_the_plan_says(tam, last_week):
    now = wishes_of([tam], at=last_week)[tam.pk]
    chat = Endpoint(pk=5, name="Ops")
    happened, days = occurrences(tam, now=last_week), last_days(tam, now=last_week)
    assert sorted(one.event for one in happened) == ["breach", "breach", "warning", "warning"]
    digest: Modes = {(Event.WARNING, None): "digest"}
    nights = Hours(quiet_from=time(22), quiet_until=time(7), digest_at=time(7, 30))
    for wishes in (
        now,
        replace(now, endpoints=(chat,)),
        replace(now, modes={(Event.WARNING, None): "off"}),
        replace(now, modes=digest, hours=Hours(digest_at=time(7, 30))),
        replace(now, modes=digest, hours=nights, endpoints=(chat,)),
    ):
        would = preview(wishes, happened, days=days)
        ways = [way for one in happened for way in planned(wishes, one.event, priority=one.priority, now=one.at)]
        single = [way for way in ways if not way.digest]
        joined = [way for way in ways if way.digest]
        assert would.total == len(single) + len({way.not_before for way in joined})
        assert would.joined == len(joined)
        assert would.held == sum(way.not_before > one.at for one in happened for way in _single(wishes, one))
        assert would.total_of("chat") == sum(way.endpoint is not None for way in single)
        assert sum(would.counts.values()) == would.total


def _single(wishes, one):
    return [way for way in planned(wishes, one.event, priority=one.priority, now=one.at) if not way.digest]


def test_the_page_shows_last_week_and_follows_what_is_chosen(tam, last_week, browse):
    browser = browse(tam)
    shown = words(browser.get(PAGE))
    assert "With these settings you would have got 4 messages last week." in shown
    chosen = {**WISHES, "mail-warning": "off", "quiet_from": "22:00", "quiet_until": "07:00"}
    answer = browser.post(f"{PAGE}preview/", chosen, headers=HTMX)
    followed = words(answer)
    assert "you would have got 2 messages last week, 2 fewer than now." in followed
    assert "1 held back in quiet hours, 0 joined in digests." in followed
    assert "<html" not in followed
    assert not Preference.objects.exists()
    # without script a button brings the whole page with the same preview and what was chosen
    whole = browser.post(f"{PAGE}preview/", chosen)
    assert whole.status_code == 200
    assert "2 fewer" in words(whole)
    assert 'value="22:00"' in whole.text


def test_the_preview_costs_the_same_for_few_and_many_messages(tam, last_week, browse):
    browser = browse(tam)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get(PAGE)
        return len(queries)

    few = cost()
    rows = list(Delivery.objects.filter(alert__isnull=False))
    for row in rows:
        for number in range(5):
            row.pk, row.public_id, row.address = None, uuid.uuid4(), f"other{number}@tamhub.example"
            row.save()
    assert cost() == few


def test_wishes_are_saved_and_set_back(tam, browse):
    browser = browse(tam)
    chosen = {**WISHES, "mail-warning": "digest", "digest_at": "07:30", "quiet_from": "22:00", "quiet_until": "06:00"}
    answer = browser.post(PAGE, chosen, follow=True)
    assert "Preferences saved" in words(answer)
    assert NotificationHours.objects.get().digest_at == time(7, 30)
    assert Preference.objects.get().mode == "digest"
    assert '<option value="digest" selected>' in answer.text
    browser.post(f"{PAGE}reset/")
    assert not Preference.objects.exists()
    assert NotificationHours.objects.get().quiet_from is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"quiet_from": "22:00"}, "Quiet hours need a beginning and an end."),
        ({"mail-warning": "digest"}, "Say when the digest should come"),
        ({"digest_at": "25:00"}, "Enter a valid time."),
        ({"mail-breach": "digest"}, "Select a valid choice."),
    ],
)
def test_what_contradicts_itself_is_said_beside_its_field(tam, browse, wrong, said):
    answer = browse(tam).post(PAGE, WISHES | wrong)
    assert answer.status_code == 422
    if "valid choice" not in said:
        assert said in words(answer)
    assert said in words(browse(tam).post(f"{PAGE}preview/", WISHES | wrong, headers=HTMX))


def test_an_address_is_added_tested_switched_and_removed(tam, browse, settings):
    browser = browse(tam)
    with sink() as service:
        settings.OUTBOUND_ALLOWED_HOSTS = [service.place]
        added = {"kind": "mattermost", "name": "Ops", "address": f"http://{service.place}/hooks/s3cretkey"}
        answer = browser.post(f"{PAGE}endpoints/", added, follow=True)
        assert "Address added" in words(answer)
        assert "s3cretkey" not in answer.text
        assert "Mattermost, 127.0.0.1/…ey" in words(answer)
        endpoint = Endpoint.objects.get()
        assert endpoint.owner == tam
        waiting = browser.post(f"{PAGE}endpoints/{endpoint.pk}/test/", follow=True)
        assert 'hx-trigger="every 3s, wake"' in waiting.text
        operations.deliver(timezone.now())
        assert len(service.calls) == 1
    done = browser.get(f"{PAGE}endpoints/")
    assert "every 3s" not in done.text
    assert "Last test" in words(done)
    browser.post(f"{PAGE}endpoints/{endpoint.pk}/off/")
    assert "Switched off" in words(browser.get(PAGE))
    assert "switched off" in words(browser.post(f"{PAGE}endpoints/{endpoint.pk}/test/", follow=True))
    browser.post(f"{PAGE}endpoints/{endpoint.pk}/on/")
    browser.post(f"{PAGE}endpoints/{endpoint.pk}/remove/")
    assert not Endpoint.objects.exists()
    assert Delivery.objects.get(notice="test").endpoint is None


def test_a_wrong_address_says_what_to_do(tam, browse):
    answer = browse(tam).post(f"{PAGE}endpoints/", {"kind": "slack", "name": "Ops", "address": "https://example.com/x"})
    assert answer.status_code == 422
    assert "In Slack, add an “Incoming Webhook” and copy its address" in words(answer)


def test_addresses_of_the_duty_are_for_who_runs_the_service(tam, browse):
    manager = a_user("manager", Role.MANAGER)
    form = {"kind": "ntfy", "name": "On call", "address": "https://ntfy.nowhere.example/topic", "shared": "on"}
    browse(tam).post(f"{PAGE}endpoints/", form)
    browse(manager).post(f"{PAGE}endpoints/", form)
    assert [(one.owner, one.name) for one in Endpoint.objects.order_by("pk")] == [(tam, "On call"), (None, "On call")]
    shared = Endpoint.objects.get(owner=None)
    assert browse(tam).post(f"{PAGE}endpoints/{shared.pk}/remove/").status_code == 404
    assert browse(manager).post(f"{PAGE}endpoints/{shared.pk}/off/").status_code == 302


def test_nobody_touches_the_address_of_another(tam, browse):
    sealed = seal("json://x", purpose="alerts.endpoint")
    theirs = Endpoint.objects.create(
        owner=a_user("other", Role.TAM), kind="other", name="x", sealed_url=sealed, hint="…"
    )
    for verb in ("test", "off", "on", "remove"):
        assert browse(tam).post(f"{PAGE}endpoints/{theirs.pk}/{verb}/").status_code == 404
    assert browse(tam).post(PAGE, {**WISHES, f"endpoint-{theirs.pk}-warning": "on"}).status_code == 302
    assert not Preference.objects.exists()


def test_for_the_clients_people_there_is_no_such_page(browse, client):
    assert browse(a_user("eva", Role.CONTACT)).get(PAGE).status_code == 404
    assert client.get(PAGE).status_code == 302


def test_the_profile_leads_to_the_page(tam, browse):
    assert PAGE in browse(tam).get("/me/").text


def test_a_test_stands_in_the_log_and_can_be_opened(tam, browse):
    sealed = seal("json://x", purpose="alerts.endpoint")
    endpoint = Endpoint.objects.create(owner=tam, kind="other", name="Ops", sealed_url=sealed, hint="JSON, …")
    browse(tam).post(f"{PAGE}endpoints/{endpoint.pk}/test/")
    delivery = Delivery.objects.get()
    assert browse(tam).get("/alerts/log/").status_code == 200
    assert "A test from TamHub" in words(browse(tam).get(f"/alerts/deliveries/{delivery.pk}/"))


def test_a_saved_digest_hour_that_is_over_counts_from_tomorrow(tam):
    now = timezone.now()
    hour = (now - timedelta(minutes=5)).astimezone(zone_of(tam)).time().replace(microsecond=0)
    save_preferences(user=tam, modes={}, hours=Hours(digest_at=hour), at=now)
    sent_on = NotificationHours.objects.get().digest_sent_on
    today = now.astimezone(zone_of(tam)).date()
    assert sent_on == today or hour > now.astimezone(zone_of(tam)).time()
