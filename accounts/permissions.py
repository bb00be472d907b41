"""Who may see and do what with people, clients and contacts."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from accounts.models import Client, Contact, Role, User
from accounts.reach import reach_of

Person = User | AnonymousUser


def has_role(user: Person, *roles: str) -> bool:
    return reach_of(user).has_role(*roles)


def is_staff_member(user: Person) -> bool:
    """One of the provider's own people, not a client's contact and not a program."""
    return has_role(user, Role.ADMIN, Role.MANAGER, Role.TAM, Role.ENGINEER, Role.HEAD, Role.ARCHITECT)


def runs_service(user: Person) -> bool:
    """Service managers; the administrator holds every right of theirs."""
    return has_role(user, Role.ADMIN, Role.MANAGER)


def is_administrator(user: Person) -> bool:
    return has_role(user, Role.ADMIN)


def within_token(user: Person, rows: QuerySet[Client]) -> QuerySet[Client]:
    only = reach_of(user).only_clients
    return rows if only is None else rows.filter(pk__in=only)


def clients_visible_to(user: Person) -> QuerySet[Client]:
    """The clients a person serves or belongs to; the rest of the world does not exist.

    Rooms above add the clients one reaches through a department or project: they hand in `extra` subqueries there.
    """
    reach = reach_of(user)
    rows = Client.objects.all()
    if not reach.everything:
        rows = rows.filter(pk__in=reach.client_ids | reach.contact_client_ids)
    return within_token(user, rows)


def clients_named_to(user: Person) -> QuerySet[Client]:
    """Clients whose name a person may read and choose: every staff member's work names them."""
    return within_token(user, Client.objects.all()) if is_staff_member(user) else clients_visible_to(user)


def clients_led_by(user: Person) -> QuerySet[Client]:
    """The clients one answers for: all for who runs the service, else those served as TAM, deputy or integration."""
    reach = reach_of(user)
    rows = Client.objects.all()
    return within_token(user, rows if reach.everything else rows.filter(pk__in=reach.client_ids))


def contacts_visible_to(user: Person) -> QuerySet[Contact]:
    return Contact.objects.filter(client__in=clients_visible_to(user))


def users_visible_to(user: Person) -> QuerySet[User]:
    """Staff see each other's names; a contact sees oneself and the people who serve the own company."""
    if is_staff_member(user) or has_role(user, Role.INTEGRATION):
        return User.objects.all()
    own = clients_visible_to(user)
    serves = Q(pk__in=own.values("tam")) | Q(pk__in=own.values("deputy")) | Q(pk__in=own.values("service_manager"))
    return User.objects.filter(Q(pk=reach_of(user).user_id) | serves)


def people_to_choose(user: Person) -> QuerySet[User]:
    """Whom one may name: the accounts one sees that are still in use."""
    return users_visible_to(user).filter(is_active=True)


def colleagues_to_choose(user: Person) -> QuerySet[User]:
    """Whom one may give work or a post to: the provider's people, no client's."""
    return people_to_choose(user).filter(contact=None)


def serves_client(user: Person, client: Client) -> bool:
    """Those who run the service, and the TAM or deputy of this client."""
    reach = reach_of(user)
    return runs_service(user) or (reach.has_role(Role.TAM) and client.pk in reach.client_ids)


def may_keep_contacts(user: Person) -> bool:
    return runs_service(user) or has_role(user, Role.TAM)


def serves_contact(user: Person, contact: Contact) -> bool:
    return serves_client(user, contact.client)
