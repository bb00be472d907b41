"""Calendars and contract tiers. A tier that names the calendar `business` is stored once per country."""

from __future__ import annotations

from datetime import datetime

from demo.seeding.content import load
from sla.models import Calendar, SlaPolicy
from sla.operations import TargetInput, create_calendar, create_policy

REOPEN = {"continue-10": "continue", "new-cycle-15": "new_cycle"}


def seed_promises(*, now: datetime) -> None:
    """Calendars and policies of the story; what is there already stays."""
    for row in load("sla")["calendars"]:
        if not Calendar.objects.filter(slug=row["slug"]).exists():
            fields = {k: row[k] for k in ("timezone", "hours", "holidays", "country", "always") if row.get(k)}
            create_calendar(slug=row["slug"], name=row["name"], fields=fields, actor=None, at=now)


def policy_of(tier: str, country: str, *, now: datetime) -> SlaPolicy:
    """The tier's policy with the country's business calendar, made when first asked for."""
    slug = f"{tier}-{country.lower()}"
    known = SlaPolicy.objects.filter(slug=slug).first()
    if known is not None:
        return known
    content = load("sla")
    row = next(policy for policy in content["policies"] if policy["slug"] == tier)
    calendars = {calendar.slug: calendar for calendar in Calendar.objects.all()}
    business = content["business_calendar_by_country"][country]
    targets = [
        TargetInput(
            t["priority"],
            t["response_s"],
            t["resolution_s"],
            calendars[business if t["calendar"] == "business" else t["calendar"]],
        )
        for t in row["targets"]
    ]
    return create_policy(
        slug=slug,
        name=f"{row['name']} ({country})",
        description=row["description"],
        targets=targets,
        pause_on=row["pause_on"],
        thresholds=row["thresholds"],
        reopen=REOPEN[row["reopen_policy"]],
        actor=None,
        at=now,
    )
