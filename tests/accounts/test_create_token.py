"""`manage.py create_token`."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, Role
from tests.factories import a_client, a_user

pytestmark = pytest.mark.django_db


def create_token(*arguments: str) -> str:
    out = StringIO()
    call_command("create_token", *arguments, stdout=out)
    return out.getvalue()


def caller(secret: str) -> APIClient:
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return program


def test_it_prints_the_token_alone_and_the_token_works():
    a_user("robot", Role.INTEGRATION)
    printed = create_token("robot", "--name", "jira")
    assert printed.count("\n") == 1
    secret = printed.strip()
    assert caller(secret).get("/api/v1/incidents/").status_code == 200
    assert not ApiToken.objects.filter(digest=secret).exists()


def test_it_may_only_read_unless_it_is_told_otherwise():
    a_user("robot", Role.INTEGRATION)
    reads = caller(create_token("robot", "--name", "reads").strip())
    writes = caller(create_token("robot", "--name", "writes", "--scope", "write").strip())
    assert reads.post("/api/v1/incidents/", {}).status_code == 403
    assert writes.post("/api/v1/incidents/", {}).status_code == 400


def test_it_can_be_narrowed_to_clients():
    a_client("acme"), a_client("globex"), a_client("initech")
    a_user("robot", Role.INTEGRATION)
    secret = create_token("robot", "--name", "two", "--client", "acme", "globex").strip()
    found = caller(secret).get("/api/v1/clients/").json()["results"]
    assert {client["slug"] for client in found} == {"acme", "globex"}


def test_it_ends_after_its_days():
    a_user("robot", Role.INTEGRATION)
    create_token("robot", "--name", "short", "--days", "7")
    expires_at = ApiToken.objects.get().expires_at
    assert expires_at is not None
    left = expires_at - timezone.now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nobody", "--name", "x"),
        ("robot", "--name", "x", "--client", "nowhere"),
        ("robot", "--name", "x", "--days", "0"),
        ("robot",),
    ],
)
def test_what_it_cannot_do_it_says_and_makes_no_token(arguments):
    a_user("robot", Role.INTEGRATION)
    with pytest.raises(CommandError):
        create_token(*arguments)
    assert not ApiToken.objects.exists()
