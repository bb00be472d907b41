"""A new installation measures from the first incident on: a 24×7 calendar and a default policy, for the provider to edit."""

from django.db import migrations
from django.utils import timezone

TARGETS = {"P1": (900, 14400), "P2": (1800, 28800), "P3": (14400, 86400), "P4": (28800, 259200)}


def create(apps, schema_editor):
    now = timezone.now()
    calendar = apps.get_model("sla", "Calendar").objects.create(slug="always", name="Around the clock")
    calendar.current = apps.get_model("sla", "CalendarVersion").objects.create(
        calendar=calendar, number=1, timezone="UTC", always=True, created_at=now
    )
    calendar.save()
    policy = apps.get_model("sla", "SlaPolicy").objects.create(
        slug="standard", name="Standard", description="For clients whose contract names no policy.", is_default=True
    )
    policy.current = apps.get_model("sla", "PolicyVersion").objects.create(
        policy=policy, number=1, pause_on=["client", "vendor"], thresholds=[50, 75, 90, 100, 150], created_at=now
    )
    policy.save()
    for priority, (response_s, resolution_s) in TARGETS.items():
        apps.get_model("sla", "SlaTarget").objects.create(
            policy_version=policy.current,
            priority=priority,
            response_s=response_s,
            resolution_s=resolution_s,
            calendar=calendar,
        )


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
