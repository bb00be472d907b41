"""Who may do what over REST: one table for every address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.api.world import ROLES, World

AWAY = {"starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-04T00:00:00Z"}
TICKET = {"title": "Down", "priority": "P1", "opened_at": "2026-03-02T09:00:00Z"}
BLUEPRINT = {"tasks": [{"key": "net", "title": "Network", "department": "network", "estimate_h": 4}]}
TARGETS = [{"priority": "P1", "response_s": 60, "resolution_s": 600, "calendar": "always"}]

# Who                                            adm man tam dep eng hea arc int con nob ano
TABLE = """
GET    departments/                            | 200 200 200 200 200 200 200 200 200 200 401
POST   departments/ new-department             | 201 403 403 403 403 403 403 403 403 403 401
GET    departments/unix/                       | 200 200 200 200 200 200 200 200 200 404 401
PUT    departments/unix/ named                 | 200 403 403 403 403 403 403 403 403 403 401
PATCH  departments/unix/ named                 | 200 403 403 403 403 403 403 403 403 403 401
DELETE departments/unix/                       | 204 403 403 403 403 403 403 403 403 403 401

GET    users/                                  | 200 200 200 200 200 200 200 200 200 200 401
POST   users/ new-user                         | 201 403 403 403 403 403 403 403 403 403 401
GET    users/engineer/                         | 200 200 200 200 200 200 200 200 404 404 401
GET    users/tam/                              | 200 200 200 200 200 200 200 200 200 404 401
PUT    users/engineer/ user                    | 200 403 403 403 403 403 403 403 403 403 401
PATCH  users/engineer/ roles                   | 200 403 403 403 403 403 403 403 403 403 401
PATCH  users/admin/ roles                      | 403 403 403 403 403 403 403 403 403 403 401

GET    clients/                                | 200 200 200 200 200 200 200 200 200 200 401
POST   clients/ new-client                     | 201 201 403 403 403 403 403 403 403 403 401
GET    clients/acme/                           | 200 200 200 200 404 404 404 200 200 404 401
GET    clients/globex/                         | 200 200 404 404 404 404 404 200 404 404 401
PUT    clients/acme/ client-as-it-is           | 200 200 200 200 403 403 403 403 403 403 401
PATCH  clients/acme/ note                      | 200 200 200 200 403 403 403 403 403 403 401
PATCH  clients/globex/ note                    | 200 200 404 404 403 403 403 403 403 403 401
PATCH  clients/acme/ tam                       | 200 200 400 400 403 403 403 403 403 403 401
DELETE clients/acme/                           | 204 204 403 403 403 403 403 403 403 403 401

GET    contacts/                               | 200 200 200 200 200 200 200 200 200 200 401
POST   contacts/ new-contact                   | 201 201 201 201 403 403 403 403 403 403 401
POST   contacts/ new-foreign-contact           | 201 201 400 400 403 403 403 403 403 403 401
POST   contacts/ new-contact-with-account      | 201 201 400 400 403 403 403 403 403 403 401
GET    contacts/{own.contact.pk}/              | 200 200 200 200 404 404 404 200 200 404 401
GET    contacts/{foreign.contact.pk}/          | 200 200 404 404 404 404 404 200 404 404 401
PUT    contacts/{own.contact.pk}/ contact      | 200 200 200 200 403 403 403 403 403 403 401
PATCH  contacts/{own.contact.pk}/ title        | 200 200 200 200 403 403 403 403 403 403 401
PATCH  contacts/{foreign.contact.pk}/ title    | 200 200 404 404 403 403 403 403 403 403 401
DELETE contacts/{own.contact.pk}/              | 204 204 204 204 403 403 403 403 403 403 401
DELETE contacts/{foreign.contact.pk}/          | 204 204 404 404 403 403 403 403 403 403 401

GET    calendars/                              | 200 200 200 200 200 200 200 200 200 200 401
POST   calendars/ named                        | 201 201 403 403 403 403 403 403 403 403 401
POST   calendars/compute/ cases                | 200 200 200 200 200 200 200 200 200 200 401
GET    calendars/gold-hours/                   | 200 200 200 200 200 200 200 200 200 404 401
GET    calendars/silver-hours/                 | 200 200 200 200 200 200 200 200 404 404 401
PUT    calendars/gold-hours/ calendar          | 200 200 403 403 403 403 403 403 403 403 401
PATCH  calendars/gold-hours/ name              | 200 200 403 403 403 403 403 403 403 403 401
GET    calendars/gold-hours/versions/          | 200 200 200 200 200 200 200 403 403 403 401
POST   calendars/gold-hours/withdraw/ version-1 | 409 409 403 403 403 403 403 403 403 403 401

GET    sla-policies/                           | 200 200 200 200 403 200 200 200 200 403 401
POST   sla-policies/ new-policy                | 201 201 403 403 403 403 403 403 403 403 401
GET    sla-policies/gold/                      | 200 200 200 200 403 404 404 200 200 403 401
GET    sla-policies/silver/                    | 200 200 404 404 403 404 404 200 404 403 401
GET    sla-policies/standard/                  | 200 200 200 200 403 200 200 200 200 403 401
PUT    sla-policies/gold/ policy               | 200 200 403 403 403 403 403 403 403 403 401
PATCH  sla-policies/gold/ name                 | 200 200 403 403 403 403 403 403 403 403 401
GET    sla-policies/gold/versions/             | 200 200 200 200 403 403 403 403 403 403 401
GET    sla-policies/silver/versions/           | 200 200 404 404 403 403 403 403 403 403 401
POST   sla-policies/gold/withdraw/ version-1   | 409 409 403 403 403 403 403 403 403 403 401
POST   sla-policies/gold/recalculate/ preview  | 200 200 403 403 403 403 403 403 403 403 401
POST   calendars/gold-hours/recalculate/ preview | 200 200 403 403 403 403 403 403 403 403 401

GET    vendors/                                | 200 200 200 200 200 200 200 403 403 403 401
POST   vendors/ new-vendor                     | 201 201 403 403 403 403 403 403 403 403 401
GET    vendors/fiberco/                        | 200 200 200 200 200 200 200 403 403 403 401
PUT    vendors/fiberco/ vendor                 | 200 200 403 403 403 403 403 403 403 403 401
PATCH  vendors/fiberco/ name                   | 200 200 403 403 403 403 403 403 403 403 401
DELETE vendors/fiberco/                        | 204 204 403 403 403 403 403 403 403 403 401
POST   sla-policies/try/ rule                  | 200 200 200 200 403 403 403 403 403 403 401
POST   sla-policies/try/ foreign-rule          | 200 200 400 400 403 403 403 403 403 403 401

GET    projects/                               | 200 200 200 200 200 200 200 200 200 200 401
POST   projects/ new-project                   | 201 201 201 201 403 403 403 403 403 403 401
POST   projects/ new-foreign-project           | 201 201 400 400 403 403 403 403 403 403 401
GET    projects/acme-portal/                    | 200 200 200 200 404 200 200 200 200 404 401
GET    projects/globex-portal/                  | 200 200 404 404 404 404 404 200 404 404 401
PUT    projects/acme-portal/ project            | 200 200 200 200 404 403 403 403 403 404 401
PATCH  projects/acme-portal/ name               | 200 200 200 200 404 403 403 403 403 404 401
PATCH  projects/acme-portal/ tam                | 200 200 400 400 404 403 403 403 403 404 401
PATCH  projects/globex-portal/ name             | 200 200 404 404 404 404 404 403 404 404 401
POST   projects/acme-portal/appoint-deputy/ deputy | 200 200 200 200 404 403 403 403 403 404 401
POST   projects/acme-portal/dismiss-deputy/ dismissed | 200 200 200 200 404 403 403 403 403 404 401
POST   projects/globex-portal/dismiss-deputy/ dismissed | 200 200 404 404 404 404 404 403 404 404 401
POST   projects/globex-portal/appoint-deputy/ deputy | 200 200 404 404 404 404 404 403 404 404 401

GET    change-requests/                         | 200 200 200 200 200 200 200 200 200 200 401
POST   change-requests/ new-request             | 201 201 201 201 403 403 201 403 201 403 401
POST   change-requests/ new-foreign-request     | 201 201 400 400 403 403 400 403 400 403 401
POST   change-requests/ promised-request        | 201 201 201 201 403 403 201 403 400 403 401
GET    change-requests/{own.request.pk}/        | 200 200 200 200 200 200 200 200 200 404 401
GET    change-requests/{foreign.request.pk}/    | 200 200 404 404 404 404 404 200 404 404 401
PUT    change-requests/{own.request.pk}/ request | 200 200 200 200 403 403 200 403 403 404 401
PATCH  change-requests/{own.request.pk}/ title  | 200 200 200 200 403 403 200 403 403 404 401
PATCH  change-requests/{foreign.request.pk}/ title | 200 200 404 404 404 404 404 403 404 404 401
GET    change-requests/{own.request.pk}/time/   | 200 200 200 200 200 200 200 200 200 404 401
GET    change-requests/{foreign.request.pk}/time/ | 200 200 404 404 404 404 404 200 404 404 401
POST   change-requests/{own.request.pk}/ask/ question | 200 200 200 200 403 403 200 403 403 404 401
POST   change-requests/{own.request.pk}/ask/ internal-question | 200 200 200 200 403 403 200 403 403 404 401
POST   change-requests/{own.request.pk}/begin-decomposing/ | 200 200 200 200 403 403 200 403 403 404 401
POST   change-requests/{own.request.pk}/decompose/ tasks | 200 200 200 200 403 403 200 403 403 404 401
POST   change-requests/{own.request.pk}/decompose/ blueprint | 200 200 200 200 403 403 200 403 403 404 401
POST   change-requests/{own.request.pk}/agree/  | 200 200 200 200 403 403 200 403 403 404 401
POST   change-requests/{foreign.request.pk}/decompose/ tasks | 200 200 404 404 404 404 404 403 404 404 401
POST   change-requests/{own.request.pk}/deliver/ | 409 409 409 409 403 403 409 403 403 404 401
POST   change-requests/{own.request.pk}/accept/ | 409 409 409 409 403 403 403 403 409 404 401
POST   change-requests/{own.delivered.pk}/accept/ | 200 200 200 200 404 404 403 403 200 404 401
POST   change-requests/{foreign.delivered.pk}/accept/ | 200 200 404 404 404 404 404 403 404 404 401
POST   change-requests/{own.delivered.pk}/send-back/ why | 200 200 200 200 404 404 403 403 200 404 401
POST   change-requests/{foreign.delivered.pk}/send-back/ why | 200 200 404 404 404 404 404 403 404 404 401
POST   change-requests/{own.delivered.pk}/reject/ why | 409 409 409 409 404 404 409 403 403 404 401
POST   change-requests/{own.request.pk}/reject/ why | 200 200 200 200 403 403 200 403 403 404 401
POST   change-requests/{own.request.pk}/withdraw/ why | 200 200 200 200 403 403 200 403 200 404 401
GET    change-requests/{own.request.pk}/attachments/ | 200 200 200 200 200 200 200 200 200 404 401
POST   change-requests/{own.request.pk}/attachments/ | 400 400 400 400 400 400 400 403 400 403 401
GET    change-requests/{own.request.pk}/attachments/{sketch}/ | 200 200 200 200 200 200 200 200 404 404 401
GET    change-requests/{own.request.pk}/attachments/{paper}/ | 200 200 200 200 200 200 200 200 200 404 401
GET    change-requests/{own.request.pk}/attachments/{paper}/content/ | 200 200 200 200 200 200 200 200 200 404 401
DELETE change-requests/{own.request.pk}/attachments/{paper}/ | 204 204 204 204 403 403 403 403 403 404 401
GET    change-requests/{foreign.request.pk}/attachments/ | 200 200 404 404 404 404 404 200 404 404 401
GET    change-requests/{foreign.request.pk}/attachments/{foreign_paper}/ | 200 200 404 404 404 404 404 200 404 404 401
POST   change-requests/{own.request.pk}/save-as-blueprint/ named-anew | 201 201 201 201 403 403 201 403 403 403 401
POST   change-requests/{foreign.request.pk}/save-as-blueprint/ named-anew | 201 201 404 404 403 403 404 403 403 403 401

GET    clarifications/                          | 200 200 200 200 200 200 200 200 200 200 401
GET    clarifications/{own.question.pk}/        | 200 200 200 200 200 200 200 200 200 404 401
GET    clarifications/{own.internal_question.pk}/ | 200 200 200 200 200 200 200 200 404 404 401
GET    clarifications/{foreign.question.pk}/    | 200 200 404 404 404 404 404 200 404 404 401
POST   clarifications/{own.question.pk}/answer/ answer | 200 200 200 200 403 403 200 403 200 404 401
POST   clarifications/{own.internal_question.pk}/answer/ answer | 200 200 200 200 200 200 200 403 404 404 401
POST   clarifications/{foreign.question.pk}/answer/ answer | 200 200 404 404 404 404 404 403 404 404 401
POST   clarifications/{own.question.pk}/remind/ | 200 200 200 200 403 403 200 403 403 404 401
POST   clarifications/{foreign.question.pk}/remind/ | 200 200 404 404 404 404 404 403 404 404 401
POST   clarifications/{own.question.pk}/withdraw/ | 200 200 200 200 403 403 200 403 403 404 401
POST   clarifications/{foreign.question.pk}/withdraw/ | 200 200 404 404 404 404 404 403 404 404 401

GET    tasks/                                   | 200 200 200 200 200 200 200 200 200 200 401
POST   tasks/ new-task                          | 201 201 201 201 403 201 201 403 403 403 401
POST   tasks/ new-task-of-backup                | 201 201 201 201 403 403 201 403 403 403 401
POST   tasks/ new-foreign-task                  | 201 201 400 400 403 400 400 403 403 403 401
GET    tasks/{own.task.pk}/                     | 200 200 200 200 200 200 200 200 200 404 401
GET    tasks/{own.follower.pk}/                 | 200 200 200 200 404 404 200 200 404 404 401
GET    tasks/{foreign.task.pk}/                 | 200 200 404 404 404 404 404 200 404 404 401
PUT    tasks/{own.task.pk}/ task                | 200 200 200 200 403 200 200 403 403 404 401
PATCH  tasks/{own.task.pk}/ title               | 200 200 200 200 403 200 200 403 403 404 401
PATCH  tasks/{own.follower.pk}/ title           | 200 200 200 200 404 404 200 403 404 404 401
PATCH  tasks/{foreign.task.pk}/ title           | 200 200 404 404 404 404 404 403 404 404 401
POST   tasks/{own.task.pk}/start/               | 200 200 200 200 200 200 200 403 403 404 401
POST   tasks/{own.follower.pk}/start/           | 409 409 409 409 404 404 409 403 404 404 401
POST   tasks/{own.follower.pk}/start/ override  | 200 200 200 200 404 404 403 403 404 404 401
POST   tasks/{foreign.task.pk}/start/           | 200 200 404 404 404 404 404 403 404 404 401
POST   tasks/{own.task.pk}/complete/            | 200 200 200 200 200 200 200 403 403 404 401
POST   tasks/{foreign.task.pk}/complete/        | 200 200 404 404 404 404 404 403 404 404 401
POST   tasks/{own.task.pk}/block/ hold          | 200 200 200 200 200 200 200 403 403 404 401
POST   tasks/{own.task.pk}/unblock/             | 200 200 200 200 200 200 200 403 403 404 401
POST   tasks/{own.task.pk}/hand-over/ to-engineer | 200 200 200 200 200 200 200 403 403 404 401
POST   tasks/{foreign.task.pk}/hand-over/ to-engineer | 200 200 404 404 404 404 404 403 404 404 401
POST   tasks/{own.task.pk}/return/ why          | 200 200 200 200 200 200 200 403 403 404 401
POST   tasks/{own.task.pk}/reopen/              | 200 200 200 200 200 200 200 403 403 404 401
POST   tasks/{own.task.pk}/say/ text            | 200 200 200 200 200 200 200 403 403 404 401
POST   tasks/{foreign.task.pk}/say/ text        | 200 200 404 404 404 404 404 403 404 404 401
POST   tasks/{own.task.pk}/tick/ check          | 200 200 200 200 200 200 200 403 403 404 401
POST   tasks/{own.task.pk}/package/ text        | 200 200 200 200 200 200 200 403 403 404 401
POST   tasks/{own.task.pk}/assign/ to-engineer  | 200 200 200 200 403 200 200 403 403 404 401
POST   tasks/{foreign.task.pk}/assign/ to-engineer | 200 200 404 404 404 404 404 403 404 404 401
POST   tasks/{own.task.pk}/cancel/              | 200 200 200 200 403 200 200 403 403 404 401
POST   tasks/{foreign.task.pk}/cancel/          | 200 200 404 404 404 404 404 403 404 404 401
POST   tasks/{own.task.pk}/take/                | 403 403 403 403 200 200 403 403 403 404 401
POST   tasks/bulk/ task-edits                   | 200 200 200 200 403 200 200 403 403 403 401

GET    dependencies/                            | 200 200 200 200 200 200 200 403 403 403 401
POST   dependencies/ new-dependency             | 201 201 201 201 403 400 201 403 403 403 401
POST   dependencies/ new-foreign-dependency     | 201 201 400 400 403 400 400 403 403 403 401
GET    dependencies/{own.dependency.pk}/        | 200 200 200 200 200 200 200 403 403 403 401
GET    dependencies/{foreign.dependency.pk}/    | 200 200 404 404 404 404 404 403 403 403 401
PUT    dependencies/{own.dependency.pk}/ dependency | 200 200 200 200 403 403 200 403 403 403 401
PATCH  dependencies/{own.dependency.pk}/ lag    | 200 200 200 200 403 403 200 403 403 403 401
PATCH  dependencies/{foreign.dependency.pk}/ lag | 200 200 404 404 403 404 404 403 403 403 401
DELETE dependencies/{own.dependency.pk}/        | 204 204 204 204 403 403 204 403 403 403 401
DELETE dependencies/{foreign.dependency.pk}/    | 204 204 404 404 403 404 404 403 403 403 401

GET    definitions-of-ready/                    | 200 200 200 200 200 200 200 403 403 403 401
GET    definitions-of-ready/network/            | 200 200 200 200 200 200 200 403 403 403 401
PUT    definitions-of-ready/unix/ texts         | 200 200 403 403 403 200 403 403 403 403 401
PATCH  definitions-of-ready/network/ texts      | 200 200 403 403 403 403 403 403 403 403 401
PATCH  definitions-of-ready/unix/ texts         | 200 200 403 403 403 200 403 403 403 403 401

GET    blueprints/                              | 200 200 200 200 200 200 200 403 403 403 401
POST   blueprints/ new-blueprint                | 201 201 201 201 403 403 201 403 403 403 401
GET    blueprints/web-launch/                   | 200 200 200 200 200 200 200 403 403 403 401
GET    blueprints/web-launch/versions/          | 200 200 200 200 200 200 200 403 403 403 401
PUT    blueprints/web-launch/ web-launch        | 200 200 200 200 403 403 200 403 403 403 401
PATCH  blueprints/web-launch/ name              | 200 200 200 200 403 403 200 403 403 403 401
DELETE blueprints/web-launch/                   | 204 204 204 204 403 403 204 403 403 403 401

POST   projects/acme-portal/take-over/ reason  | 200 200 403 403 403 403 403 403 403 403 401
POST   projects/globex-portal/take-over/ reason | 200 200 403 403 403 403 403 403 403 403 401

GET    documents/                              | 200 200 200 200 200 200 200 200 200 200 401
POST   documents/ new-document                 | 201 201 201 201 400 400 201 403 403 403 401
POST   documents/ new-foreign-document         | 201 201 400 400 400 400 400 403 403 403 401
GET    documents/{own.document.pk}/            | 200 200 200 200 404 200 200 200 404 404 401
GET    documents/{own.shown_document.pk}/      | 200 200 200 200 404 200 200 200 200 404 401
GET    documents/{foreign.document.pk}/        | 200 200 404 404 404 404 404 200 404 404 401
PUT    documents/{own.document.pk}/ document   | 200 200 200 200 404 403 200 403 403 403 401
PATCH  documents/{own.document.pk}/ title      | 200 200 200 200 404 403 200 403 403 403 401
PATCH  documents/{foreign.document.pk}/ title  | 200 200 404 404 404 404 404 403 403 403 401
GET    documents/{own.document.pk}/versions/   | 200 200 200 200 404 200 200 200 404 404 401
GET    documents/{own.shown_document.pk}/versions/ | 200 200 200 200 404 200 200 200 200 404 401
GET    documents/{own.document.pk}/versions/1/content/ | 200 200 200 200 404 200 200 200 404 404 401
GET    documents/{own.shown_document.pk}/versions/1/content/ | 200 200 200 200 404 200 200 200 200 404 401
GET    documents/{foreign.document.pk}/versions/1/content/ | 200 200 404 404 404 404 404 200 404 404 401
POST   documents/{own.document.pk}/versions/ version-text | 201 201 201 201 404 403 201 403 403 403 401
POST   documents/{own.shown_document.pk}/versions/ version-text | 201 201 201 201 404 403 201 403 403 403 401
POST   documents/{foreign.document.pk}/versions/ version-text | 201 201 404 404 404 404 404 403 403 403 401
POST   documents/{own.document.pk}/verify/     | 200 200 200 200 404 403 200 403 403 403 401
POST   documents/{foreign.document.pk}/verify/ | 200 200 404 404 404 404 404 403 403 403 401

GET    handovers/                              | 200 200 200 200 200 200 200 403 403 403 401
POST   handovers/ new-handover                 | 409 409 409 409 400 400 409 403 403 403 401
POST   handovers/ new-foreign-handover         | 409 409 400 400 400 400 400 403 403 403 401
GET    handovers/{own.handover.pk}/            | 200 200 200 200 404 200 200 403 403 403 401
GET    handovers/{foreign.handover.pk}/        | 200 200 404 404 404 404 404 403 403 403 401
PUT    handovers/{own.handover.pk}/ handover   | 200 200 200 200 404 403 200 403 403 403 401
PATCH  handovers/{own.handover.pk}/ brief      | 200 200 200 200 404 403 200 403 403 403 401
PATCH  handovers/{foreign.handover.pk}/ brief  | 200 200 404 404 404 404 404 403 403 403 401
POST   handovers/{own.handover.pk}/tick/ no-line | 400 400 400 400 404 403 400 403 403 403 401
POST   handovers/{own.handover.pk}/add-item/ text | 200 200 200 200 404 403 200 403 403 403 401
POST   handovers/{foreign.handover.pk}/add-item/ text | 200 200 404 404 404 404 404 403 403 403 401
POST   handovers/{own.handover.pk}/sign/       | 403 403 200 403 404 403 403 403 403 403 401
POST   handovers/{own.handover.pk}/return/ reason | 200 200 403 403 404 403 403 403 403 403 401
POST   handovers/{own.handover.pk}/withdraw/   | 200 200 200 200 404 403 403 403 403 403 401
POST   handovers/{foreign.handover.pk}/withdraw/ | 200 200 404 404 404 404 404 403 403 403 401

GET    group-mappings/                         | 200 200 200 200 200 200 200 200 200 200 401
POST   group-mappings/ new-mapping             | 201 201 201 201 403 403 403 403 403 403 401
POST   group-mappings/ new-foreign-mapping     | 201 201 400 400 403 403 403 403 403 403 401
GET    group-mappings/{own.mapping.pk}/        | 200 200 200 200 404 404 404 200 404 404 401
GET    group-mappings/{foreign.mapping.pk}/    | 200 200 404 404 404 404 404 200 404 404 401
PUT    group-mappings/{own.mapping.pk}/ mapping | 200 200 200 200 403 403 403 403 403 403 401
PATCH  group-mappings/{own.mapping.pk}/ group  | 200 200 200 200 403 403 403 403 403 403 401
DELETE group-mappings/{own.mapping.pk}/        | 204 204 204 204 403 403 403 403 403 403 401
DELETE group-mappings/{foreign.mapping.pk}/    | 204 204 404 404 403 403 403 403 403 403 401

GET    absences/                               | 200 200 200 200 200 200 200 403 403 403 401
POST   absences/ my-absence                    | 201 201 201 201 201 201 201 403 403 403 401
POST   absences/ engineer-away                 | 201 201 403 403 201 201 403 403 403 403 401
POST   absences/ outsider-away                 | 201 201 403 403 403 403 403 403 403 403 401
GET    absences/{absence}/                     | 200 200 404 404 200 200 404 403 403 403 401
GET    absences/{foreign_absence}/             | 200 200 404 404 404 404 404 403 403 403 401
PUT    absences/{absence}/ away                | 200 200 404 404 200 200 404 403 403 403 401
PATCH  absences/{absence}/ reason              | 200 200 404 404 200 200 404 403 403 403 401
DELETE absences/{absence}/                     | 204 204 404 404 204 204 404 403 403 403 401

GET    duty-roster/                            | 200 200 200 200 200 200 200 403 403 403 401
GET    duty-roster/now/                        | 200 200 200 200 200 200 200 403 403 403 401
POST   duty-roster/ unix-shift                 | 201 201 403 403 403 201 403 403 403 403 401
POST   duty-roster/ provider-shift             | 201 201 403 403 403 403 403 403 403 403 401
POST   duty-roster/rotation/ unix-rotation     | 201 201 403 403 403 201 403 403 403 403 401
POST   duty-roster/rotation/ provider-rotation | 201 201 403 403 403 403 403 403 403 403 401
POST   duty-roster/import/ unix-calendar       | 200 200 403 403 403 200 403 403 403 403 401
POST   duty-roster/import/ provider-calendar   | 200 200 403 403 403 403 403 403 403 403 401
GET    duty-roster/{shift}/                    | 200 200 200 200 200 200 200 403 403 403 401
PUT    duty-roster/{shift}/ unix-shift         | 200 200 403 403 403 200 403 403 403 403 401
PATCH  duty-roster/{shift}/ shift-note         | 200 200 403 403 403 200 403 403 403 403 401
PATCH  duty-roster/{provider_shift}/ shift-note | 200 200 403 403 403 403 403 403 403 403 401
PATCH  duty-roster/{shift}/ to-the-provider    | 200 200 403 403 403 403 403 403 403 403 401
DELETE duty-roster/{shift}/                    | 204 204 403 403 403 204 403 403 403 403 401
DELETE duty-roster/{provider_shift}/           | 204 204 403 403 403 403 403 403 403 403 401

GET    incidents/                              | 200 200 200 200 200 200 200 200 200 200 401
POST   incidents/ new-incident                 | 201 201 201 201 201 201 403 201 201 403 401
POST   incidents/ new-foreign-incident         | 201 201 400 400 201 201 403 201 400 403 401
GET    incidents/{own.incident.pk}/            | 200 200 200 200 200 200 200 200 200 404 401
GET    incidents/{foreign.incident.pk}/        | 200 200 404 404 404 404 404 200 404 404 401
PUT    incidents/{own.incident.pk}/ incident-as-it-is | 200 200 200 200 403 200 403 200 403 404 401
PATCH  incidents/{own.incident.pk}/ category   | 200 200 200 200 403 200 403 200 403 404 401
PATCH  incidents/{foreign.incident.pk}/ category | 200 200 404 404 404 404 404 200 404 404 401
POST   incidents/{own.incident.pk}/acknowledge/ | 200 200 200 200 200 200 403 200 403 404 401
POST   incidents/{foreign.incident.pk}/acknowledge/ | 200 200 404 404 404 404 404 200 404 404 401
POST   incidents/{own.incident.pk}/hold/ hold  | 200 200 200 200 403 200 403 200 403 404 401
POST   incidents/{foreign.incident.pk}/hold/ hold | 200 200 404 404 404 404 404 200 404 404 401
POST   incidents/{own.incident.pk}/resume/     | 409 409 409 409 409 409 403 409 403 404 401
POST   incidents/{foreign.incident.pk}/resume/ | 409 409 404 404 404 404 404 409 404 404 401
POST   incidents/{own.incident.pk}/resolve/    | 200 200 200 200 200 200 403 200 403 404 401
POST   incidents/{foreign.incident.pk}/resolve/ | 200 200 404 404 404 404 404 200 404 404 401
POST   incidents/{own.incident.pk}/reopen/     | 409 409 409 409 403 409 403 409 403 404 401
POST   incidents/{foreign.incident.pk}/reopen/ | 409 409 404 404 404 404 404 409 404 404 401
POST   incidents/{own.incident.pk}/close/      | 200 200 200 200 403 200 403 200 403 404 401
POST   incidents/{foreign.incident.pk}/close/  | 200 200 404 404 404 404 404 200 404 404 401
POST   incidents/{own.incident.pk}/assign/ to-backup | 200 200 200 200 403 204 403 200 403 404 401
POST   incidents/{own.incident.pk}/assign/ to-engineer | 200 200 200 200 200 200 403 200 403 404 401
POST   incidents/{own.incident.pk}/assign/ to-head | 200 200 200 200 403 200 403 200 403 404 401
POST   incidents/{foreign.incident.pk}/assign/ to-backup | 200 200 404 404 404 404 404 200 404 404 401
POST   incidents/{own.incident.pk}/comment/ internal | 200 200 200 200 200 200 403 400 400 404 401
POST   incidents/{own.incident.pk}/comment/ public | 200 200 200 200 200 200 403 200 200 404 401
POST   incidents/{foreign.incident.pk}/comment/ public | 200 200 404 404 404 404 404 200 404 404 401
GET    incidents/{own.incident.pk}/events/     | 200 200 200 200 200 200 200 200 200 404 401
GET    incidents/{foreign.incident.pk}/events/ | 200 200 404 404 404 404 404 200 404 404 401
GET    incidents/{own.incident.pk}/clocks/     | 200 200 200 200 200 200 200 200 200 404 401
GET    incidents/{foreign.incident.pk}/clocks/ | 200 200 404 404 404 404 404 200 404 404 401
GET    incidents/{own.incident.pk}/clocks/resolution/ | 200 200 200 200 200 200 200 200 200 404 401
GET    incidents/{foreign.incident.pk}/clocks/resolution/ | 200 200 404 404 404 404 404 200 404 404 401
GET    incidents/by-ref/jira/acme-7/           | 200 200 200 200 200 200 200 200 200 404 401
GET    incidents/by-ref/jira/globex-7/         | 200 200 404 404 404 404 404 200 404 404 401
PUT    incidents/by-ref/jira/acme-7/ ticket    | 200 200 200 200 403 403 403 200 403 403 401
PUT    incidents/by-ref/jira/globex-7/ ticket  | 200 200 400 400 403 403 403 200 403 403 401
PUT    incidents/by-ref/jira/globex-7/ foreign-ticket | 200 200 400 400 403 403 403 200 403 403 401
POST   incidents/bulk/ items                   | 200 200 200 200 403 403 403 200 403 403 401

GET    alerts/                                 | 200 200 200 200 200 200 200 200 403 403 401
GET    alerts/{own.alert.pk}/                  | 200 200 200 200 404 200 404 200 403 403 401
GET    alerts/{foreign.alert.pk}/              | 200 200 404 404 404 404 404 200 403 403 401
POST   alerts/{own.alert.pk}/acknowledge/      | 200 200 200 200 404 200 404 403 403 403 401
POST   alerts/{foreign.alert.pk}/acknowledge/  | 200 200 404 404 404 404 404 403 403 403 401
GET    deliveries/                             | 200 200 200 200 200 200 200 200 403 403 401
GET    deliveries/{own.delivery.pk}/           | 200 200 200 200 404 200 404 404 403 403 401
GET    deliveries/{foreign.delivery.pk}/       | 200 200 404 404 404 404 404 404 403 403 401
POST   deliveries/{own.delivery.pk}/requeue/   | 200 200 200 200 403 403 403 403 403 403 401
POST   deliveries/{foreign.delivery.pk}/requeue/ | 200 200 404 404 403 403 403 403 403 403 401

GET    endpoints/                              | 200 200 200 200 200 200 200 403 403 403 401
POST   endpoints/ no-address                   | 400 400 400 400 400 400 400 403 403 403 401
GET    endpoints/{endpoint}/                   | 404 404 200 404 404 404 404 403 403 403 401
GET    endpoints/{shared_endpoint}/            | 200 200 404 404 404 404 404 403 403 403 401
PUT    endpoints/{endpoint}/ endpoint          | 404 404 200 404 404 404 404 403 403 403 401
PATCH  endpoints/{endpoint}/ endpoint-name     | 404 404 200 404 404 404 404 403 403 403 401
PATCH  endpoints/{shared_endpoint}/ endpoint-name | 200 200 404 404 404 404 404 403 403 403 401
DELETE endpoints/{endpoint}/                   | 404 404 204 404 404 404 404 403 403 403 401
DELETE endpoints/{shared_endpoint}/            | 204 204 404 404 404 404 404 403 403 403 401
POST   endpoints/{endpoint}/test/              | 404 404 200 404 404 404 404 403 403 403 401
POST   endpoints/{shared_endpoint}/test/       | 200 200 404 404 404 404 404 403 403 403 401
GET    notification-preferences/               | 200 200 200 200 200 200 200 403 403 403 401
PUT    notification-preferences/ wishes        | 200 200 200 200 200 200 200 403 403 403 401

GET    reports/quality/                        | 200 200 200 200 200 200 200 200 403 403 401
GET    schema/                                 | 200 200 200 200 200 200 200 200 200 200 401
GET    docs/                                   | 200 200 200 200 200 200 200 200 200 200 401
"""


def bodies(world: World) -> dict[str, Any]:
    """What the table's rows send, by the names they stand under."""
    opened_at = world.own.incident.opened_at.isoformat()
    on_duty = {"starts_at": opened_at, "ends_at": (world.own.incident.opened_at + timedelta(hours=8)).isoformat()}
    day = world.own.incident.opened_at.date()
    rotation = {
        **{"users": ["head", "tam"], "every": "day", "hands_over_at": "08:00"},
        **{"first_day": day.isoformat(), "until": (day + timedelta(days=4)).isoformat()},
    }
    return {
        "new-department": {"slug": "storage", "name": "Storage"},
        "named": {"slug": "unix", "name": "Unix and Linux"},
        "texts": {"texts": ["Addresses are named"]},
        "name": {"name": "Another"},
        "new-user": {"username": "newcomer"},
        "user": {"username": "engineer", "name": "Ada King"},
        "roles": {"roles": ["head"]},
        "new-client": {"slug": "initech", "name": "Initech"},
        "client-as-it-is": {"slug": "acme", "name": "Acme"},
        "note": {"note": "Call first."},
        "tam": {"tam": "stranger"},
        "new-contact": {"client": "acme", "name": "Eva"},
        "new-foreign-contact": {"client": "globex", "name": "Eva"},
        "new-contact-with-account": {"client": "acme", "name": "Eva", "user": "nobody"},
        "contact": {"client": "acme", "name": "Contact of acme", "title": "CTO"},
        "title": {"title": "CTO"},
        "cases": {"calendar": {}, "cases": [{"op": "add", "start": "2026-03-02T09:00:00Z", "seconds": 60}]},
        "calendar": {"slug": "gold-hours", "name": "Gold"},
        "version-1": {"number": 1},
        "new-policy": {"slug": "bronze", "name": "Bronze", "targets": TARGETS},
        "policy": {"slug": "gold", "name": "Gold", "targets": TARGETS},
        "preview": {"reason": "The contract was extended."},
        "new-vendor": {"slug": "coolair", "name": "Cool Air"},
        "vendor": {"slug": "fiberco", "name": "Fiber Company"},
        "rule": {"policy": "gold", "client": "acme"},
        "foreign-rule": {"policy": "gold", "client": "globex"},
        "new-project": {"client": "acme", "slug": "shop", "name": "Shop"},
        "new-foreign-project": {"client": "globex", "slug": "shop", "name": "Shop"},
        "project": {"client": "acme", "slug": "acme-portal", "name": "Portal 2"},
        "deputy": {"deputy": "engineer", "until": (world.own.incident.opened_at + timedelta(days=9)).isoformat()},
        "dismissed": {"deputy": "engineer"},
        "new-request": {"project": "acme-portal", "title": "A mail server"},
        "new-foreign-request": {"project": "globex-portal", "title": "A mail server"},
        "promised-request": {"project": "acme-portal", "title": "A mail server", "promised_at": opened_at},
        "request": {"project": "acme-portal", "title": "A larger landscape"},
        "question": {"text": "How large?", "contact": world.own.contact.pk},
        "internal-question": {"text": "Which rack?", "department": "unix"},
        "tasks": {"tasks": [{"title": "More", "department": "unix", "estimate_h": 1}]},
        "blueprint": {"blueprint": "web-launch"},
        "why": {"reason": "It is not what was meant."},
        "answer": {"answer": "Twelve."},
        "named-anew": {"slug": "landscape", "name": "Landscape"},
        "new-task": {"project": "acme-portal", "title": "Patch", "department": "unix", "estimate_h": 1.5},
        "new-task-of-backup": {"project": "acme-portal", "title": "Save", "department": "backup", "estimate_h": 1},
        "new-foreign-task": {"project": "globex-portal", "title": "Patch", "department": "unix", "estimate_h": 1},
        "task": {"project": "acme-portal", "title": "Patch", "department": "unix", "estimate_h": 1},
        "override": {"override": "The client cannot wait."},
        "text": {"text": "Half of it is done."},
        "check": {"check": world.own.task.checks.values_list("pk", flat=True)[0]},
        "task-edits": {"items": [{"id": world.own.task.pk, "title": "Patch"}]},
        "new-dependency": {"predecessor": world.own.delivered.tasks.get().pk, "successor": world.own.task.pk},
        "new-foreign-dependency": {"predecessor": world.foreign.task.pk, "successor": world.own.task.pk},
        "dependency": {"predecessor": world.own.task.pk, "successor": world.own.follower.pk, "lag_h": 2},
        "lag": {"lag_h": 2},
        "new-blueprint": {"slug": "landscape", "name": "Landscape", "content": BLUEPRINT},
        "web-launch": {"slug": "web-launch", "name": "Web", "content": BLUEPRINT},
        "new-document": {"project": "acme-portal", "title": "Night numbers", "kind": "Contact sheet"},
        "new-foreign-document": {"project": "globex-portal", "title": "Night numbers", "kind": "Contact sheet"},
        "document": {"project": "acme-portal", "title": "Plan 2", "kind": "Runbook"},
        "version-text": {"text": "# What to do at night"},
        "new-handover": {"project": "acme-portal"},
        "new-foreign-handover": {"project": "globex-portal"},
        "handover": {"project": "acme-portal", "brief": "All is calm."},
        "brief": {"brief": "All is calm."},
        "no-line": {"item": 999_999},
        "new-mapping": {"client": "acme", "group": "G 2", "department": "dba"},
        "new-foreign-mapping": {"client": "globex", "group": "G 2", "department": "dba"},
        "mapping": {"client": "acme", "group": "G 1", "department": "dba"},
        "group": {"group": "G 9"},
        "my-absence": AWAY,
        "engineer-away": {**AWAY, "user": "engineer"},
        "outsider-away": {**AWAY, "user": "outsider"},
        "away": AWAY,
        "reason": {"reason": "Holiday"},
        "unix-shift": {**on_duty, "department": "unix", "user": "head"},
        "provider-shift": {**on_duty, "user": "head"},
        "unix-rotation": {**rotation, "department": "unix"},
        "provider-rotation": rotation,
        "unix-calendar": {"ics": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "department": "unix"},
        "provider-calendar": {"ics": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"},
        "shift-note": {"note": "By phone only."},
        "to-the-provider": {"department": None},
        "new-incident": {**TICKET, "client": "acme"},
        "new-foreign-incident": {**TICKET, "client": "globex"},
        "incident-as-it-is": {**TICKET, "client": "acme", "opened_at": opened_at},
        "category": {"category": "hardware"},
        "hold": {"reason": "client"},
        "to-backup": {"department": "backup"},
        "to-engineer": {"assignee": "engineer"},
        "to-head": {"assignee": "head"},
        "internal": {"text": "They have not paid.", "public": False},
        "public": {"text": "We are on it.", "public": True},
        "ticket": {"title": "Disk is full again"},
        "foreign-ticket": {"title": "Disk is full again", "client": "globex"},
        "no-address": {"kind": "slack", "name": "Ops"},
        "endpoint": {"kind": "mattermost", "name": "Own"},
        "endpoint-name": {"name": "Own"},
        "wishes": {
            **{"quiet_from": "22:00", "quiet_until": "07:00", "digest_at": None, "urgent_wakes": True},
            "messages": [{"event": "warning", "mail": "off", "endpoints": []}],
        },
        "items": {"items": [{**TICKET, "source": "jira", "external_ref": "8", "client": "acme"}]},
    }


@dataclass(frozen=True)
class Row:
    """One line of the table: a request, and the status that each role gets."""

    method: str
    address: str
    body: str
    statuses: dict[str, int]


def rows() -> Iterator[Row]:
    for line in filter(None, map(str.strip, TABLE.splitlines())):
        request, _bar, statuses = line.partition("|")
        method, address, *body = request.split()
        yield Row(method, address, body[0] if body else "", dict(zip(ROLES, map(int, statuses.split()), strict=True)))
