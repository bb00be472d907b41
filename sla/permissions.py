"""Who may see which policies and calendars; those who run the service write them."""

from django.db.models import Q, QuerySet

from accounts.models import Role
from accounts.permissions import Person, clients_visible_to, has_role, is_staff_member, runs_service
from accounts.reach import reach_of
from sla.models import Calendar, SlaPolicy, SlaTarget, Vendor


def policies_visible_to(user: Person) -> QuerySet[SlaPolicy]:
    """What was promised to one's clients, and the default, which holds for those that name none."""
    reach = reach_of(user)
    rows = SlaPolicy.objects.all()
    if reach.everything and reach.only_clients is None:
        return rows
    if not may_read_policies(user):
        return rows.none()
    return rows.filter(Q(is_default=True) | Q(pk__in=clients_visible_to(user).values("sla__policy")))


def may_read_policies(user: Person) -> bool:
    """Promises are not the engineers' concern: clocks tell them what is due."""
    return bool(reach_of(user).roles - {Role.ENGINEER})


def sees_policy_inside(user: Person) -> bool:
    """Who answers for the promise sees when it warns; the others see what was promised."""
    return runs_service(user) or has_role(user, Role.TAM)


def calendars_visible_to(user: Person) -> QuerySet[Calendar]:
    """Staff see every calendar; clients and programs see those of the policies they see."""
    if is_staff_member(user):
        return Calendar.objects.all()
    targets = SlaTarget.objects.filter(policy_version__in=policies_visible_to(user).values("current"))
    return Calendar.objects.filter(pk__in=targets.values("calendar"))


def vendors_visible_to(user: Person) -> QuerySet[Vendor]:
    """Whom we work with is for people of the house."""
    return Vendor.objects.all() if is_staff_member(user) else Vendor.objects.none()


def vendors_to_choose(user: Person) -> QuerySet[Vendor]:
    """Those that are still there."""
    return vendors_visible_to(user).filter(archived_at=None)
