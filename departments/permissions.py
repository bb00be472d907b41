"""Who may see and change departments, people's places in them, absences and group mappings."""

from django.db.models import Q, QuerySet

from accounts.models import Grant, Role, User
from accounts.permissions import (
    Person,
    clients_visible_to,
    colleagues_to_choose,
    has_role,
    is_staff_member,
    runs_service,
)
from accounts.reach import reach_of
from departments.models import Absence, Department, DutyShift, GroupMapping


def departments_visible_to(user: Person) -> QuerySet[Department]:
    """The catalogue is no secret: whoever sees an incident sees with whom it is."""
    return Department.objects.all() if reach_of(user).roles else Department.objects.none()


def departments_to_choose(user: Person) -> QuerySet[Department]:
    return departments_visible_to(user).filter(archived_at=None)


def absences_visible_to(user: Person) -> QuerySet[Absence]:
    """The own, those of the departments one works in or heads, and everybody's for who runs the service."""
    reach = reach_of(user)
    rows = Absence.objects.all()
    if runs_service(user):
        return rows
    if not is_staff_member(user):
        return rows.none()
    colleagues = Grant.objects.filter(scope_kind=Grant.Scope.DEPARTMENT, scope_id__in=reach.department_ids)
    return rows.filter(Q(user=reach.user_id) | Q(user__in=colleagues.values("user")))


def may_record_absences(user: Person) -> bool:
    return is_staff_member(user)


def may_change_absence(user: Person, absence: Absence) -> bool:
    return may_record_absence_of(user, absence.user_id)


def may_record_absence_of(user: Person, person_id: int) -> bool:
    """One's own, those of the people of a department one heads, and all for who runs the service."""
    reach = reach_of(user)
    if runs_service(user) or person_id == reach.user_id:
        return True
    led = Grant.objects.filter(
        user=person_id, scope_kind=Grant.Scope.DEPARTMENT, scope_id__in=reach.headed_department_ids
    )
    return led.exists()


def people_to_record_absences_of(user: Person) -> QuerySet[User]:
    """Oneself, the people of departments one heads, everybody for who runs the service; by name."""
    rows = colleagues_to_choose(user)
    if not runs_service(user):
        reach = reach_of(user)
        led = Grant.objects.filter(scope_kind=Grant.Scope.DEPARTMENT, scope_id__in=reach.headed_department_ids)
        rows = rows.filter(Q(pk=reach.user_id) | Q(pk__in=led.values("user")))
    return rows.order_by("first_name", "last_name", "username")


def may_read_roster(user: Person) -> bool:
    """Who is on duty is no secret among the provider's people, and none of the clients' business."""
    return is_staff_member(user)


def shifts_visible_to(user: Person) -> QuerySet[DutyShift]:
    return DutyShift.objects.all() if may_read_roster(user) else DutyShift.objects.none()


def may_plan_duty(user: Person) -> bool:
    """Somebody's: all for who runs the service, their department's for heads."""
    return runs_service(user) or bool(reach_of(user).headed_department_ids)


def may_plan_duty_for(user: Person, department: Department | None) -> bool:
    """None: the roster of the whole provider."""
    if runs_service(user):
        return True
    return department is not None and department.pk in reach_of(user).headed_department_ids


def departments_to_plan(user: Person) -> QuerySet[Department]:
    """Whose duty one may plan."""
    rows = departments_to_choose(user)
    return rows if runs_service(user) else rows.filter(pk__in=reach_of(user).headed_department_ids)


def may_change_shift(user: Person, shift: DutyShift) -> bool:
    return may_plan_duty_for(user, shift.department)


def mappings_visible_to(user: Person) -> QuerySet[GroupMapping]:
    """Internal: the client's people do not see how their groups are mapped."""
    if not (is_staff_member(user) or has_role(user, Role.INTEGRATION)):
        return GroupMapping.objects.none()
    return GroupMapping.objects.filter(client__in=clients_visible_to(user))


def may_map_groups(user: Person) -> bool:
    return runs_service(user) or has_role(user, Role.TAM)


def may_change_mapping(user: Person, mapping: GroupMapping) -> bool:
    reach = reach_of(user)
    return runs_service(user) or (reach.has_role(Role.TAM) and mapping.client_id in reach.client_ids)
