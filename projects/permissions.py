"""Who may see and do what with projects and the work on them (the table stands in docs/permissions.md)."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Contact, Role
from accounts.permissions import Person, clients_visible_to, is_staff_member, runs_service
from accounts.reach import Reach, reach_of
from departments.models import Department
from departments.permissions import departments_to_choose
from projects.models import (
    Attachment,
    Blueprint,
    ChangeRequest,
    Clarification,
    Dependency,
    Document,
    Handover,
    Project,
    Task,
)
from projects.models.task import TaskQuerySet

# --- what one sees ---------------------------------------------------------------------------------------------


def projects_visible_to(user: Person) -> QuerySet[Project]:
    """Projects of one's clients, those one works on or leads, and for heads those their department has tasks of.

    A token narrows it to its clients.
    """
    reach = reach_of(user)
    rows = Project.objects.all()
    if not reach.everything:
        seen = Q(client__in=reach.client_ids | reach.contact_client_ids) | Q(pk__in=reach.project_ids)
        if reach.headed_department_ids:
            seen |= Q(pk__in=Task.objects.filter(department__in=reach.headed_department_ids).values("project"))
        rows = rows.filter(seen)
    return rows if reach.only_clients is None else rows.filter(client__in=reach.only_clients)


def tasks_visible_to(user: Person) -> TaskQuerySet:
    """Those of one's clients and projects, of the departments one works in, and one's own; a client's people see what
    is marked for them."""
    reach = reach_of(user)
    rows = Task.objects.all()
    if not reach.everything:
        seen = (
            Q(client__in=reach.client_ids)
            | Q(project__in=reach.project_ids)
            | Q(department__in=reach.department_ids)
            | Q(client__in=reach.contact_client_ids, is_public=True)
        )
        if is_staff_member(user):
            seen |= Q(assignee=reach.user_id)
        rows = rows.filter(seen)
    return rows if reach.only_clients is None else rows.filter(client__in=reach.only_clients)


def requests_visible_to(user: Person) -> QuerySet[ChangeRequest]:
    """Those of the projects one sees by client or project, and those one's department has tasks or questions of."""
    reach = reach_of(user)
    rows = ChangeRequest.objects.all()
    if not reach.everything:
        seen = Q(client__in=reach.client_ids | reach.contact_client_ids) | Q(project__in=reach.project_ids)
        if reach.department_ids:
            theirs = Task.objects.filter(change_request=OuterRef("pk"), department__in=reach.department_ids)
            owed = Clarification.objects.filter(request=OuterRef("pk"), department__in=reach.department_ids)
            seen |= Exists(theirs.order_by()) | Exists(owed.order_by())
        rows = rows.filter(seen)
    return rows if reach.only_clients is None else rows.filter(client__in=reach.only_clients)


def clarifications_visible_to(user: Person) -> QuerySet[Clarification]:
    """Those of the requests one sees; a client's people see what is asked of the client."""
    rows = Clarification.objects.filter(request__in=requests_visible_to(user))
    return rows.filter(to_client=True) if reach_of(user).is_contact_only else rows


def attachments_visible_to(user: Person) -> QuerySet[Attachment]:
    """Those of the requests one sees, as far as they are shown: to the client's people what is for them, to departments
    what is for departments, to those who serve the client or lead the project all; one's own always."""
    reach = reach_of(user)
    rows = Attachment.objects.filter(request__in=requests_visible_to(user))
    shown = Q(visibility=Attachment.Visibility.CLIENT)
    if is_staff_member(user):
        shown |= Q(visibility=Attachment.Visibility.DEPARTMENTS)
        shown |= Q(request__client__in=reach.client_ids) | Q(request__project__in=reach.project_ids)
        shown |= Q(uploaded_by=reach.user_id)
    return rows if reach.everything else rows.filter(shown)


def documents_visible_to(user: Person) -> QuerySet[Document]:
    """Those of the projects one sees, to the client's people what is for them; and those one answers for."""
    reach = reach_of(user)
    seen = Q(project__in=projects_visible_to(user))
    if reach.is_contact_only:
        seen &= Q(visibility=Document.Visibility.CLIENT)
    elif is_staff_member(user):
        seen |= Q(owner=reach.user_id)
    rows = Document.objects.filter(seen)
    return rows if reach.only_clients is None else rows.filter(client__in=reach.only_clients)


def handovers_visible_to(user: Person) -> QuerySet[Handover]:
    """Those of the projects one sees; no business of the clients' people, nor of programs."""
    rows = Handover.objects.filter(project__in=projects_visible_to(user))
    return rows if is_staff_member(user) else rows.none()


def dependencies_visible_to(user: Person) -> QuerySet[Dependency]:
    """Those with an end one sees; no business of the clients' people, nor of programs."""
    if not is_staff_member(user):
        return Dependency.objects.none()
    seen = tasks_visible_to(user).values("pk")
    return Dependency.objects.filter(Q(predecessor__in=seen) | Q(successor__in=seen))


def blueprints_visible_to(user: Person) -> QuerySet[Blueprint]:
    return Blueprint.objects.all() if is_staff_member(user) else Blueprint.objects.none()


def blueprints_to_choose(user: Person) -> QuerySet[Blueprint]:
    return blueprints_visible_to(user).filter(archived_at=None).select_related("current")


# --- who leads -------------------------------------------------------------------------------------------------


def leads(user: Person, project: Project) -> bool:
    """Who runs the service, and the TAM or deputy of the project or its client."""
    return leads_within(reach_of(user), client_id=project.client_id, project_id=project.pk) or runs_service(user)


def leads_within(reach: Reach, *, client_id: int, project_id: int) -> bool:
    if reach.only_clients is not None and client_id not in reach.only_clients:
        return False
    is_tam_of_client = reach.has_role(Role.TAM) and client_id in reach.client_ids
    return is_tam_of_client or project_id in reach.tam_project_ids


def plans(user: Person, project: Project) -> bool:
    """Who cuts the work of a project into tasks: who leads it, and its architect."""
    return leads(user, project) or project.pk in reach_of(user).architect_project_ids


def projects_planned_by(user: Person) -> QuerySet[Project]:
    """The projects one may plan work in."""
    reach = reach_of(user)
    rows = projects_visible_to(user)
    if runs_service(user):
        return rows
    planned = Q(pk__in=reach.tam_project_ids | reach.architect_project_ids)
    if reach.has_role(Role.TAM):
        planned |= Q(client__in=reach.client_ids)
    return rows.filter(planned)


# --- projects --------------------------------------------------------------------------------------------------


def may_create_projects(user: Person) -> bool:
    """Those who run the service, and TAMs for the clients they serve (their scope holds no others)."""
    return runs_service(user) or reach_of(user).has_role(Role.TAM)


def may_edit_project(user: Person, project: Project) -> bool:
    return leads(user, project)


# --- requests --------------------------------------------------------------------------------------------------


def works_with_requests(user: Person) -> bool:
    """Everybody of the provider, and clients' people."""
    return is_staff_member(user) or bool(reach_of(user).contact_client_ids)


def may_record_requests(user: Person) -> bool:
    """Somebody's: who runs the service, TAMs and architects in their projects, a client's people for their company."""
    return runs_service(user) or reach_of(user).has_role(Role.TAM, Role.ARCHITECT, Role.CONTACT)


def projects_to_ask_in(user: Person) -> QuerySet[Project]:
    """The projects one may record a request in."""
    own = reach_of(user).contact_client_ids
    rows = projects_planned_by(user)
    return rows | projects_visible_to(user).filter(client__in=own) if own else rows


def contacts_to_name(user: Person) -> QuerySet[Contact]:
    """The clients' people one may ask, or say that they asked or accepted."""
    planned = projects_planned_by(user)
    return Contact.objects.filter(Q(client__in=clients_visible_to(user)) | Q(client__in=planned.values("client")))


def may_lead_request(user: Person, request: ChangeRequest) -> bool:
    return plans(user, request.project)


def may_lead_question(user: Person, question: Clarification) -> bool:
    return plans(user, question.request.project)


def may_accept(user: Person, request: ChangeRequest) -> bool:
    """The client's people; who leads the project writes down what they said."""
    return request.client_id in reach_of(user).contact_client_ids or leads(user, request.project)


def may_withdraw(user: Person, request: ChangeRequest) -> bool:
    """Whoever does not want it any more: the client's people; who plans the project writes it down."""
    return request.client_id in reach_of(user).contact_client_ids or plans(user, request.project)


def may_answer(user: Person, question: Clarification) -> bool:
    """Whom it was asked of: the client's people or the department; who plans writes answers down."""
    reach = reach_of(user)
    if question.to_client:
        if question.client_id in reach.contact_client_ids:
            return True
    elif question.department_id in reach.department_ids:
        return True
    return plans(user, question.request.project)


def may_attach(user: Person, request: ChangeRequest) -> bool:
    """The client's people, and everybody of the provider who sees the request."""
    return request.client_id in reach_of(user).contact_client_ids or is_staff_member(user)


def may_remove_attachment(user: Person, attachment: Attachment) -> bool:
    return attachment.uploaded_by_id == reach_of(user).user_id or leads(user, attachment.request.project)


def shares_files_with_client_only(user: Person) -> bool:
    """What the client's people upload is theirs to see: they choose no visibility."""
    return reach_of(user).is_contact_only


# --- tasks -----------------------------------------------------------------------------------------------------


def may_create_tasks(user: Person) -> bool:
    return runs_service(user) or reach_of(user).has_role(Role.TAM, Role.ARCHITECT, Role.HEAD)


def may_create_task_in(user: Person, project: Project, department: Department) -> bool:
    """Who plans the project; a head gives the own department work in the projects it works on."""
    return plans(user, project) or department.pk in reach_of(user).headed_department_ids


def may_add_tasks_to(user: Person, project: Project) -> bool:
    """To all departments, or to those one heads."""
    return plans(user, project) or bool(reach_of(user).headed_department_ids)


def departments_to_give_work(user: Person, project: Project) -> QuerySet[Department]:
    rows = departments_to_choose(user)
    return rows if plans(user, project) else rows.filter(pk__in=reach_of(user).headed_department_ids)


def tasks_to_wait_for(user: Person, project: Project) -> TaskQuerySet:
    """Open ones of the project that are one's own to plan."""
    rows = tasks_visible_to(user).filter(project=project).open()
    return rows if plans(user, project) else rows.filter(department__in=reach_of(user).headed_department_ids)


def may_define_ready(user: Person, department: Department) -> bool:
    """Its head, and who runs the service."""
    return runs_service(user) or department.pk in reach_of(user).headed_department_ids


def heads(user: Person, task: Task) -> bool:
    return task.department_id in reach_of(user).headed_department_ids


def may_edit_task(user: Person, task: Task) -> bool:
    """Who plans the project, and the department's head."""
    return plans(user, task.project) or heads(user, task)


def tasks_planned_by(user: Person) -> TaskQuerySet:
    """The tasks one may edit."""
    headed = reach_of(user).headed_department_ids
    return tasks_visible_to(user).filter(Q(project__in=projects_planned_by(user)) | Q(department__in=headed))


def may_work_on(user: Person, task: Task) -> bool:
    """Who has it in hand, anybody of the department while nobody has, and who may edit it."""
    reach = reach_of(user)
    if not is_staff_member(user):
        return False
    if task.assignee_id == reach.user_id or (task.assignee_id is None and task.department_id in reach.department_ids):
        return True
    return may_edit_task(user, task)


def may_take_task(user: Person, task: Task) -> bool:
    return task.department_id in reach_of(user).department_ids


def may_override_gate(user: Person, task: Task) -> bool:
    return leads(user, task.project)


def may_see_effort(user: Person) -> bool:
    """Estimates and hours spent are internal."""
    return not reach_of(user).is_contact_only


# --- documents, handovers, people -----------------------------------------------------------------------------


def may_keep_documents(user: Person) -> bool:
    """Somebody's: TAMs, architects and who runs the service; every owner the own."""
    return is_staff_member(user)


def may_create_documents_in(user: Person, project: Project) -> bool:
    return plans(user, project)


def may_keep_document(user: Person, document: Document) -> bool:
    """Who answers for it, and who plans the project: they write versions and verify."""
    return document.owner_id == reach_of(user).user_id or plans(user, document.project)


def may_register_document(user: Person, document: Document) -> bool:
    """Who plans the project says whose it is, who may read it, and how often it is looked at."""
    return plans(user, document.project)


def may_follow_handovers(user: Person) -> bool:
    return is_staff_member(user)


def may_begin_handover(user: Person, project: Project, *, kind: str) -> bool:
    """Who plans it at go-live; to another TAM only who leads it."""
    return plans(user, project) if kind == Handover.Kind.GO_LIVE else leads(user, project)


def may_prepare_handover(user: Person, handover: Handover) -> bool:
    """Who gives it, who takes it, and who plans the project."""
    return may_sign(user, handover) or plans(user, handover.project)


def may_sign(user: Person, handover: Handover) -> bool:
    return reach_of(user).user_id in {handover.giver_id, handover.receiver_id}


def may_return_handover(user: Person, handover: Handover) -> bool:
    """Who takes it; who runs the service, where the one who takes it is away."""
    return reach_of(user).user_id == handover.receiver_id or runs_service(user)


def may_withdraw_handover(user: Person, handover: Handover) -> bool:
    return leads(user, handover.project)


def may_take_over_projects(user: Person) -> bool:
    return runs_service(user)


# --- dependencies, blueprints ----------------------------------------------------------------------------------


def may_link(user: Person, predecessor: Task, successor: Task) -> bool:
    """Both ends are one's own to plan."""
    return may_edit_task(user, predecessor) and may_edit_task(user, successor)


def may_change_dependency(user: Person, dependency: Dependency) -> bool:
    return may_link(user, dependency.predecessor, dependency.successor)


def may_keep_blueprints(user: Person) -> bool:
    """TAMs, architects and who runs the service."""
    return runs_service(user) or reach_of(user).has_role(Role.TAM, Role.ARCHITECT)


def may_change_blueprint(user: Person, _blueprint: Blueprint) -> bool:
    return may_keep_blueprints(user)
