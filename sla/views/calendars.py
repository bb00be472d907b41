"""Pages of calendars: the list and the editor. Nothing is stored until somebody publishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import is_staff_member, runs_service
from kernel.errors import DomainError, Stale
from sla import operations
from sla.api.calendars import OFFICE_HOURS
from sla.businesstime import BusinessCalendar, CalendarError
from sla.faces import (
    ExampleFace,
    clock_change,
    day_lines,
    example_face,
    holidays_ahead,
    hours_in_words,
    versions_of,
)
from sla.forms.calendars import CalendarExampleForm, CalendarForm, calendar_initial
from sla.forms.fields import said
from sla.measure import epoch
from sla.models import Calendar, CalendarVersion
from sla.operations import fields_of
from sla.permissions import calendars_visible_to
from sla.queries import calendar_list, open_clocks_by_calendar_version, policies_using
from sla.spoken import write_duration
from sla.terms import business_calendar
from sla.versions import calendar_in_force
from sla.views.editing import LATER, NOW, Clash, clash_with, example_data, notes, place_error
from sla.words import WEEKDAYS, day
from sla.worked_example import Example, worked_example

USUAL_TARGET_S = 8 * 3600
NEW = {"timezone": settings.TIME_ZONE, "hours": OFFICE_HOURS, "holidays": [], "date_hours": {}, "country": None}


@dataclass(frozen=True)
class Draft:
    """What stands in the editor, beside the version in force that it is compared with."""

    calendar: Calendar | None
    in_force: CalendarVersion | None
    form: CalendarForm
    example_form: CalendarExampleForm

    @property
    def before(self) -> dict[str, Any]:
        if self.in_force is None or self.calendar is None:
            return {}
        return {**calendar_initial(fields_of(self.in_force)), "name": self.calendar.name}


@login_required
@require_safe
def calendars(request: HttpRequest) -> HttpResponse:
    _refuse_clients(request)
    lines = calendar_list(request.user, now=timezone.now())
    context = {
        "rows": [(line, hours_in_words(line.in_force)) for line in lines],
        "may_edit": runs_service(request.user),
    }
    return render(request, "sla/calendars.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """The editor. POST publishes, or only works the example out where `do` says so."""
    _refuse_clients(request)
    found = get_object_or_404(calendars_visible_to(request.user), slug=slug)
    draft = _draft(request, found)
    if request.method != "POST" or request.POST.get("do") not in {NOW, LATER}:
        return _page(request, draft)
    if not runs_service(request.user):
        raise PermissionDenied
    form = draft.form
    later = request.POST["do"] == LATER
    if form.is_valid() and _has_day(form, later=later):
        try:
            return _publish(request, found, form, later=later)
        except Stale:
            return _page(request, _draft(request, found, newest=True), clash=clash_with(found), status=409)
        except DomainError as error:
            place_error(form, error, {"holidays": "single_days", "date_hours": "single_days"})
    return _page(request, draft, status=422)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_calendar(request: HttpRequest) -> HttpResponse:
    if not runs_service(request.user):
        raise PermissionDenied
    draft = _draft(request, None)
    form = draft.form
    if request.method != "POST" or request.POST.get("do") != NOW:
        return _page(request, draft)
    if form.is_valid() and _is_free(form):
        try:
            made = operations.create_calendar(
                slug=form.cleaned_data["slug"],
                name=form.cleaned_data["name"],
                fields=form.api_fields(),
                actor=cast(User, request.user),
                at=timezone.now(),
            )
        except DomainError as error:
            place_error(form, error, {})
        else:
            messages.success(request, _("Calendar %(name)s published") % {"name": made.name})
            return redirect("calendar", made.slug)
    return _page(request, draft, status=422)


@login_required
@require_POST
def calendar_example(request: HttpRequest, slug: str = "") -> HttpResponse:
    """What follows from what is typed: the example, and the notes beside the fields. Stores nothing."""
    _refuse_clients(request)
    found = get_object_or_404(calendars_visible_to(request.user), slug=slug) if slug else None
    return render(request, "sla/_calendar_changed.html", _context(request, _draft(request, found)))


@login_required
@require_POST
def withdraw_calendar(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A version that was to come shall not."""
    found = get_object_or_404(calendars_visible_to(request.user), slug=slug)
    if not runs_service(request.user):
        raise PermissionDenied
    version = get_object_or_404(found.versions.all(), number=number)
    operations.withdraw_calendar_version(version=version, actor=cast(User, request.user), at=timezone.now())
    messages.success(request, _("Version %(number)d withdrawn") % {"number": number})
    return redirect("calendar", slug)


def _publish(request: HttpRequest, found: Calendar, form: CalendarForm, *, later: bool) -> HttpResponse:
    valid_from = form.cleaned_data["valid_from"] if later else None
    operations.update_calendar(
        calendar=found,
        changes={**form.api_fields(), "name": form.cleaned_data["name"]},
        actor=cast(User, request.user),
        at=timezone.now(),
        valid_from=valid_from,
        expected_version=form.cleaned_data["version"],
    )
    if valid_from is not None:
        messages.success(request, _("Published from %(day)s") % {"day": day(valid_from)})
    else:
        messages.success(request, _("Published; clocks that run keep their version"))
    return redirect("calendar", found.slug)


def _draft(request: HttpRequest, found: Calendar | None, *, newest: bool = False) -> Draft:
    """`newest`: what is typed is from now on compared with what somebody else has published meanwhile."""
    now = timezone.now()
    if found is not None and newest:
        found = Calendar.objects.get(pk=found.pk)
    in_force = calendar_in_force(found, now) if found is not None else None
    shown = found.versions.filter(number=_number(request)).first() or in_force if found is not None else None
    fields = fields_of(shown) if shown is not None else {**NEW, "always": False}
    zone = ZoneInfo(fields["timezone"])
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and newest and found is not None:
        data["version"] = str(found.version)
    initial = {
        **calendar_initial(fields),
        "name": found.name if found else "",
        "version": found.version if found else 0,
    }
    form = CalendarForm(data, calendar=found, initial=initial)
    if found is not None and not runs_service(request.user):
        for field in form.fields.values():
            field.disabled = True
    example = CalendarExampleForm(example_data(data, {"target": write_duration(USUAL_TARGET_S)}, now=now, zone=zone))
    return Draft(found, in_force, form, example)


def _page(request: HttpRequest, draft: Draft, *, clash: Clash | None = None, status: int = 200) -> HttpResponse:
    return render(request, "sla/calendar.html", {**_context(request, draft), "clash": clash}, status=status)


def _context(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    now = timezone.now()
    calendar, form = draft.calendar, draft.form
    is_sound = form.is_bound and form.is_valid()
    fields = form.api_fields() if is_sound else _fields_shown(draft)
    beside, may_edit = notes(form, in_force=draft.before), runs_service(request.user)
    lines = day_lines(fields["hours"], always=fields["always"])
    zone = ZoneInfo(fields["timezone"])
    change = clock_change(zone, now)
    countries = dict(form.fields["country"].choices)  # type: ignore[attr-defined]
    count, ahead = holidays_ahead(fields["country"], today=timezone.localdate()) if fields["country"] else (0, [])
    return {
        "calendar": calendar,
        "form": form,
        "x": draft.example_form,
        "notes": beside,
        "shown_notes": [note for name, note in beside.items() if name != "valid_from" or (calendar and may_edit)],
        "days": [(form[name], lines[name], beside[name]) for name in WEEKDAYS],
        "always": fields["always"],
        "country": fields["country"] and countries.get(fields["country"]),
        "holiday_count": count,
        "holidays": ahead,
        "next_year": timezone.localdate().year + 1,
        "change": change,
        "zone": zone.key,
        "example": _example(draft, zone),
        "is_sound": is_sound or not form.is_bound,
        "may_edit": may_edit,
        "example_errors": _errors(draft),
        "versions": _versions(draft, now) if calendar else [],
        "policies": policies_using(calendar, request.user) if calendar else [],
    }


def _errors(draft: Draft) -> list[str]:
    """Every error by the label of its field, for the card of the example."""
    return [
        f"{form[name].label}: {error}" if name in form.fields else str(error)
        for form in (draft.form, draft.example_form)
        for name, errors in form.errors.items()
        for error in errors
    ]


def _fields_shown(draft: Draft) -> dict[str, Any]:
    """What to draw while something that was typed makes no calendar: the version in force."""
    if draft.form.is_bound or draft.calendar is None:
        return fields_of(draft.in_force) if draft.in_force is not None else {**NEW, "always": False}
    initial = draft.form.initial
    single = initial["single_days"]
    return {
        "timezone": initial["timezone"],
        "hours": {name: initial[name] for name in WEEKDAYS if initial[name]},
        "holidays": [one for one, hours in single.items() if not hours],
        "date_hours": {one: hours for one, hours in single.items() if hours},
        "country": initial["country"] or None,
        "always": initial["always"],
    }


def _example(draft: Draft, zone: ZoneInfo) -> ExampleFace | None:
    """None while there is nothing to work out; the fields say why."""
    form, asked = draft.form, draft.example_form
    if form.is_bound and not form.is_valid():
        return None
    if not asked.is_valid() or (moments := asked.moments(zone)) is None:
        return None
    if form.is_bound:
        counted = form.compiled()
    else:
        counted = BusinessCalendar.compile(operations.calendar_spec(_fields_shown(draft)))
    opened, pauses = moments
    try:
        example = _worked(counted, asked.cleaned_data["target"], opened, pauses)
        before = None
        if draft.in_force is not None:
            before = _worked(business_calendar(draft.in_force.pk), asked.cleaned_data["target"], opened, pauses)
    except CalendarError as error:
        asked.add_error("target", said(error))
        return None
    return example_face(example, zone=zone, in_force=before)


def _worked(
    calendar: BusinessCalendar, target_s: int, opened: datetime, pauses: list[tuple[datetime, datetime]]
) -> Example:
    return worked_example(
        calendar=calendar,
        opened_at=epoch(opened),
        resolution_s=target_s,
        pauses=[(epoch(begin), epoch(end)) for begin, end in pauses],
    )


def _versions(draft: Draft, now: datetime) -> Any:
    assert draft.calendar is not None
    used = open_clocks_by_calendar_version(draft.calendar)
    return versions_of(list(draft.calendar.versions.all()), now=now, used=used)


def _has_day(form: CalendarForm, *, later: bool) -> bool:
    if later and form.cleaned_data["valid_from"] is None:
        form.add_error("valid_from", _("Choose the day from which it counts."))
        return False
    return True


def _is_free(form: CalendarForm) -> bool:
    if Calendar.objects.filter(slug=form.cleaned_data["slug"]).exists():
        form.add_error("slug", _("There is one of this name already."))
        return False
    return True


def _number(request: HttpRequest) -> int:
    """The version one asked to start from; 0 for the one in force."""
    asked = request.GET.get("version", "")
    return int(asked) if asked.isdecimal() and len(asked) < 10 else 0


def _refuse_clients(request: HttpRequest) -> None:
    """How the provider counts is no page for the client's people: for them there is none."""
    if not is_staff_member(request.user):
        raise Http404
