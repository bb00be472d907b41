"""The same file imported by two at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Client
from incidents.models import Incident
from tests.factories import a_client
from tests.incidents import agreement
from tests.incidents.imports import SAMPLE, Result, import_file

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_each_incident_is_created_by_one_of_two_imports_and_known_to_the_other() -> None:
    now = timezone.now()
    client = a_client("acme")
    policy, promise = agreement.promise_around_the_clock(at=now)
    together = threading.Barrier(2)

    def run(client: Client) -> Result:
        together.wait()
        try:
            return import_file(SAMPLE, "--policy", policy.slug, client=client)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, [client, client]))
    assert [result.code for result in results] == [0, 0]
    assert sum(result.count("created") for result in results) == 642
    assert sum(result.count("unchanged") for result in results) == 642
    assert Incident.objects.count() == 642
    assert list(agreement.differences(SAMPLE, promise, client=client, now=now)) == []
