"""How fast lists of incidents are: `python bench/incident_lists.py [--incidents N] [--open SHARE] [--filled NAME]`.

The pages /incidents/ and the resource /api/v1/incidents/, asked in process by an administrator, a service manager, a
TAM, an engineer and a client's contact, with the usual views, filters and words to search. For each: time at the server
(median and 95th percentile over all roles and rounds, in ms), the most queries of one answer, and the slowest role.
`--full`: 1,000,000 incidents, most of them copies of the made-up ones.

Works on a scratch database on the server of DATABASE_URL (PostgreSQL), filled by `demo.volume`, or on a copy of one
that `manage.py generate` has filled (`--filled`).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.support.callers import Caller
from bench.support.databases import beside, scratch_database, server_url
from bench.support.filled import fill_with, multiply_incidents, prepare, use
from bench.support.timing import percentile

FULL = 1_000_000
MADE_UP = 50_000
ROUNDS = 5
SLOW_MS = 1_000.0
PAGES = {
    "nearest deadline": "/incidents/",
    "next page": "/incidents/?cursor={cursor}",
    "mine": "/incidents/?view=mine",
    "not acknowledged": "/incidents/?view=new",
    "waiting": "/incidents/?view=waiting",
    "breached": "/incidents/?view=breached",
    "all": "/incidents/?view=all",
    "P1": "/incidents/?priority=P1",
    "over target": "/incidents/?state=over",
    "at risk": "/incidents/?state=risk",
    "paused": "/incidents/?state=paused",
    "of a client": "/incidents/?client={client}",
    "of a department": "/incidents/?department=network",
    "search, common": "/incidents/?q=backup",
    "search, rare": "/incidents/?q=par-db-0123",
    "search, nothing": "/incidents/?q=unheard-of-words",
    "search, a number": "/incidents/?q=INC-{number}",
    "search in all": "/incidents/?view=all&q=par-db-0123",
    "search nothing in all": "/incidents/?view=all&q=unheard-of-words",
}
API = "/api/v1/incidents/"
CALLS = {
    "API": API,
    "API, 200 a page": f"{API}?page_size=200",
    "API, open": f"{API}?is_open=true",
    "API, on hold": f"{API}?status=on_hold",
    "API, newest": f"{API}?ordering=-opened_at",
    "API, by priority": f"{API}?ordering=priority",
    "API, P1": f"{API}?priority=P1",
    "API, of a client": f"{API}?client={{client}}",
    "API, due before": f"{API}?due_before=2030-01-01T00:00:00Z",
    "API, missed": f"{API}?clock=resolution&verdict=missed",
    "API, by reference": f"{API}?external_ref={{reference}}",
    "API, search": f"{API}?search=par-db-0123",
    "API, search nothing": f"{API}?search=unheard-of-words",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=5_000, metavar="N")
    parser.add_argument("--open", type=float, default=0.1, metavar="SHARE", help="part of them still open (0.1)")
    parser.add_argument("--filled", metavar="NAME", help="a database to copy instead")
    parser.add_argument("--full", action="store_true", help="1,000,000 incidents")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--only", default="", metavar="WORD", help="only requests whose name contains this")
    options = parser.parse_args()
    url = server_url()
    with ExitStack() as stack:
        name = f"tamhub_bench_lists_{os.getpid()}"
        stack.enter_context(scratch_database(url, name, copy_of=options.filled or ""))
        os.environ |= {
            "DATABASE_URL": beside(url, name),
            "TAMHUB_DATA": stack.enter_context(tempfile.TemporaryDirectory()),
            "DJANGO_SETTINGS_MODULE": "tamhub.settings",
            "LOG_LEVEL": "ERROR",
        }
        import django  # noqa: PLC0415 - the environment comes first

        django.setup()
        prepare(None)
        if not options.filled:
            wanted = FULL if options.full else options.incidents
            fill_with(min(wanted, MADE_UP), open_share=options.open)
            multiply_incidents(wanted)
        measure(options.rounds, only=options.only)
        use("postgres")  # so that the scratch database can be dropped


def measure(rounds: int, *, only: str) -> None:
    people = roles()
    places = {**PAGES, **CALLS}
    words = words_of_addresses()
    print(f"{'':<24} {'p50 ms':>8} {'p95 ms':>8} {'queries':>8}  slowest role")
    slow = []
    for name, address in places.items():
        if only not in name:
            continue
        took: dict[str, list[float]] = {role: [] for role in people}
        queries = 0
        for role, client in people.items():
            path = address.format(**words, cursor=_cursor(client) if "{cursor}" in address else "")
            client.get(path)  # what is compiled once is not measured
            for _round in range(rounds):
                one = client.timed(path)
                took[role].append(one.ms)
                queries = max(queries, one.queries)
                if one.ms > SLOW_MS and _round >= 1:
                    break
        everything = [ms for values in took.values() for ms in values]
        slowest = max(took, key=lambda role: percentile(took[role], 0.5))
        worst = percentile(took[slowest], 0.5)
        print(
            f"{name:<24} {percentile(everything, 0.5):>8.0f} {percentile(everything, 0.95):>8.0f} {queries:>8}  "
            f"{slowest} ({worst:.0f})"
        )
        if worst > SLOW_MS:
            slow.append(name)
    print(f"\nslower than a second: {', '.join(slow) or 'none'}")


def _cursor(client: Caller) -> str:
    """Of the second page of the list."""
    text = client.get("/incidents/").content.decode()
    return str(text.partition("cursor=")[2].partition('"')[0].partition("&")[0])


def roles() -> dict[str, Caller]:
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import Client, User  # noqa: PLC0415
    from accounts.operations import create_user  # noqa: PLC0415
    from departments.models import Department  # noqa: PLC0415

    admin = create_user(username="bench-admin", roles=["admin"], actor=None, at=timezone.now())
    biggest = Client.objects.order_by("pk").select_related("tam", "service_manager")[0]
    assert biggest.tam is not None
    assert biggest.service_manager is not None
    network = Department.objects.get(slug="network")
    engineer = User.objects.filter(grants__role="engineer", grants__scope_id=network.pk)[0]
    contact = User.objects.get(contact__client=biggest)
    people = {"admin": admin, "manager": biggest.service_manager, "tam": biggest.tam, "engineer": engineer}
    return {role: Caller(user) for role, user in {**people, "contact": contact}.items()}


def words_of_addresses() -> dict[str, str]:
    """What everybody asked can see: of the client with the most incidents."""
    from accounts.models import Client  # noqa: PLC0415
    from incidents.models import Incident  # noqa: PLC0415

    client = Client.objects.order_by("pk")[0]
    incident = Incident.objects.filter(client=client).order_by("pk")[5]
    return {"client": client.slug, "number": str(incident.pk), "reference": incident.external_ref}


if __name__ == "__main__":
    main()
