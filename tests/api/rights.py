"""Who may do what over REST: one table for every address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.api.world import ROLES, World

AWAY = {"starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-04T00:00:00Z"}
TICKET = {"title": "Down", "priority": "P1", "opened_at": "2026-03-02T09:00:00Z"}
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
GET    projects/acme-portal/                   | 200 200 200 200 404 404 200 200 200 404 401
GET    projects/globex-portal/                 | 200 200 404 404 404 404 404 200 404 404 401
PUT    projects/acme-portal/ project           | 200 200 200 200 404 404 403 403 403 404 401
PATCH  projects/acme-portal/ name              | 200 200 200 200 404 404 403 403 403 404 401
PATCH  projects/globex-portal/ name            | 200 200 404 404 404 404 404 403 404 404 401

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
