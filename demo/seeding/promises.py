"""Calendars, contract tiers with their ladders, OLAs of the departments, vendors. All were agreed long ago.

A tier that names the calendar `business` is stored once per country.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from demo.seeding.content import load
from demo.seeding.times import LONG_AGO
from departments.models import Department
from departments.operations import update_department
from sla.ladder import NAMED, Step
from sla.models import Calendar, SlaPolicy, Vendor
from sla.operations import TargetInput, create_calendar, create_policy, create_vendor

# Whom the content's words mean; roles that exist once in the story are its people.
RECEIVERS = {
    "assignee": "assignee",
    "tam": "tam",
    "deputy-tam": "deputy",
    "department-head": "head",
    "service-manager": "service_manager",
}
PRIORITIES = ("P1", "P2", "P3", "P4")


def seed_promises(*, now: datetime) -> None:
    """Calendars of the story; what is there already stays."""
    for row in load("sla")["calendars"]:
        if not Calendar.objects.filter(slug=row["slug"]).exists():
            fields = {k: row[k] for k in ("timezone", "hours", "holidays", "country", "always") if row.get(k)}
            create_calendar(slug=row["slug"], name=row["name"], fields=fields, actor=None, at=now - LONG_AGO)


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
            t.get("update_s"),
        )
        for t in row["targets"]
    ]
    reopen = next(r for r in content["reopen_policies"] if r["slug"] == row["reopen_policy"])
    low = next(r["low"] for r in content["low_priority_ladders"] if r["policy"] == tier)
    ladders = [_ladder(row["escalation"]), _ladder(low)]
    return create_policy(
        slug=slug,
        name=f"{row['name']} ({country})",
        description=row["description"],
        targets=targets,
        pause_on=row["pause_on"],
        thresholds=row["thresholds"],
        reopen=reopen["mode"],
        reopen_within_days=reopen["within_days"],
        ladder=[step for ladder in ladders for step in _steps(ladder)],
        escalate_after_s=next((wait for ladder in ladders if (wait := _patience_s(ladder))), None),
        actor=None,
        at=now - LONG_AGO,
    )


def seed_olas(*, now: datetime) -> None:
    """What the departments promise each other; what is there already stays."""
    calendars = {calendar.slug: calendar for calendar in Calendar.objects.all()}
    ladder = _steps(_ladder("ladder-ola"))
    for department in Department.objects.filter(ola=None):
        rows = [row for row in load("sla")["olas"] if row["department"] == department.slug]
        slug = f"ola-{department.slug}"
        policy = SlaPolicy.objects.filter(slug=slug).first() or create_policy(
            slug=slug,
            name=f"OLA of {department.name}",
            scope=SlaPolicy.Scope.DEPARTMENT,
            targets=[
                TargetInput(row["priority"], row["accept_s"], row["finish_s"], calendars[row["calendar"]])
                for row in rows
            ],
            pause_on=["client", "vendor", "appointment", "maintenance", "force_majeure"],
            thresholds=[step.level for step in ladder],
            ladder=ladder,
            actor=None,
            at=now - LONG_AGO,
        )
        update_department(department=department, changes={"ola": policy}, actor=None, at=now)


def seed_vendors(*, now: datetime) -> None:
    """Vendors with what their contracts promise; what is there already stays."""
    for row in load("sla")["vendors"]:
        if Vendor.objects.filter(slug=row["slug"]).exists():
            continue
        calendar = Calendar.objects.get(slug=row["calendar"])
        policy = create_policy(
            slug=f"vendor-{row['slug']}",
            name=f"Contract with {row['name']}",
            scope=SlaPolicy.Scope.VENDOR,
            targets=[TargetInput(p, row[f"{p}_s"], row[f"{p}_s"], calendar) for p in PRIORITIES],
            pause_on=[],
            thresholds=[75, 100],
            actor=None,
            at=now - LONG_AGO,
        )
        create_vendor(slug=row["slug"], name=row["name"], email=row["email"], policy=policy, actor=None, at=now)


def _ladder(slug: str) -> dict[str, Any]:
    return next(ladder for ladder in load("sla")["escalation_ladders"] if ladder["slug"] == slug)


def _steps(ladder: dict[str, Any]) -> list[Step]:
    """Its steps by percent; `ola` is no priority, such a ladder counts for all."""
    return [
        Step(
            level=int(step["at"].removesuffix("%")),
            to=tuple(_receiver(word) for word in step["to"]),
            priorities=tuple(p for p in ladder["applies_to"] if p in PRIORITIES),
            any_hour=step["hours"] == "any hour",
        )
        for step in ladder["steps"]
        if step["at"].endswith("%")
    ]


def _patience_s(ladder: dict[str, Any]) -> int | None:
    """Seconds after which an alert that nobody acknowledged goes on, from a step such as `+30min`."""
    waits = [step["at"] for step in ladder["steps"] if step["at"].startswith("+")]
    return 60 * int(waits[0].removeprefix("+").removesuffix("min")) if waits else None


def _receiver(word: str) -> str:
    if word in RECEIVERS:
        return RECEIVERS[word]
    person = next(row for row in load("story")["staff"] if row["role"] == word)
    return f"{NAMED}{person.get('login') or person['id']}"
