"""What the tabs of the list say, and how words find incidents."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Role
from incidents import listing
from incidents.listing import Counts, View, counted, naming
from incidents.models import Incident
from tests.factories import MONDAY, a_client, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db


def test_where_many_are_breached_no_more_than_many_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST", 2)
    client = a_client(policy=a_policy())
    for _ in range(4):
        an_incident(client=client)
    counts = counted(a_user("root", Role.ADMIN), now=MONDAY + timedelta(hours=2))
    assert (counts.open, counts.over) == (4, 4)
    assert (counts.of(View.BREACHED), counts.exceed(View.BREACHED)) == (2, True)


def test_numbers_that_are_counted_in_full_are_not_exceeded() -> None:
    counts = Counts(open=5000, over=0, soon=0, mine=0, new=0, waiting=0, breached=3)
    assert (counts.of(View.DEADLINE), counts.exceed(View.DEADLINE)) == (5000, False)
    assert (counts.of(View.BREACHED), counts.exceed(View.BREACHED)) == (3, False)
    assert counts.of(View.ALL) is None


@pytest.mark.parametrize("word", ["ail", "OPS-1", "ops-12", "inc-{pk}"])
def test_a_word_is_a_piece_of_the_title_or_of_a_reference(word: str) -> None:
    incident = an_incident(title="Mail is late", source="jira", external_ref="OPS-12")
    an_incident(title="Something else")
    assert list(Incident.objects.filter(naming(word.format(pk=incident.pk)))) == [incident]


@pytest.mark.postgres
def test_pieces_of_titles_have_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        query = Incident.objects.filter(naming("par-db-0123")).order_by()
        assert "incident_title_pieces" in query.explain()
