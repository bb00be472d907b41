"""The administrators' pages write through the operations; a superuser is an administrator."""

from __future__ import annotations

import os

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.urls import reverse

from accounts.models import Client, Grant, User
from accounts.reach import reach_of
from departments.models import Department
from kernel.models import History
from tests.factories import a_client, a_user

pytestmark = pytest.mark.django_db


def test_every_admin_page_opens(browse):
    a_client()
    browser = browse(a_user("nadia", "admin"))
    User.objects.filter(username="nadia").update(is_staff=True, is_superuser=True)
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert browser.get(address).status_code == 200, address
        if model in {Client, Department, User}:
            assert browser.get(address + "add/").status_code == 200


def test_a_user_made_by_an_administrator_has_roles_and_departments(browse):
    User.objects.filter(pk=a_user("nadia", "admin").pk).update(is_staff=True, is_superuser=True)
    browser = browse(User.objects.get(username="nadia"))
    network = Department.objects.get(slug="network")
    fields = {"username": "priya", "first_name": "Priya", "last_name": "Nair", "email": "priya@tamhub.example"}
    said = {**fields, "is_active": "on", "roles": ["engineer"], "departments": [network.pk], "new_password": "x" * 14}
    assert browser.post(reverse("admin:accounts_user_add"), said).status_code == 302
    priya = User.objects.get(username="priya")
    assert priya.check_password("x" * 14)
    assert reach_of(priya).department_ids == {network.pk}
    assert History.objects.filter(subject_kind="accounts.user", subject_id=priya.pk, verb="created").exists()


def test_a_client_made_by_an_administrator_gives_its_tam_the_right_to_see_it(browse):
    User.objects.filter(pk=a_user("nadia", "admin").pk).update(is_staff=True, is_superuser=True)
    tam = a_user("elena", "tam")
    said = {"slug": "aldgate", "name": "Aldgate", "time_zone": "Europe/London", "tam": tam.pk}
    assert (
        browse(User.objects.get(username="nadia")).post(reverse("admin:accounts_client_add"), said).status_code == 302
    )
    client = Client.objects.get(slug="aldgate")
    assert Grant.objects.filter(user=tam, scope_kind="client", scope_id=client.pk).exists()


def test_a_superuser_of_the_command_line_is_an_administrator(monkeypatch):
    monkeypatch.setitem(os.environ, "DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    call_command("createsuperuser", username="root", email="root@tamhub.example", interactive=False, verbosity=0)
    assert reach_of(User.objects.get(username="root")).everything
