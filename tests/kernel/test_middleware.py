"""What is refused before any view is asked."""

import pytest

from accounts.models import Role
from tests.factories import a_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/incidents/new/?client=%00", "/duty/rotation/?department=a%00b", "/quality/?client=%00"]
)
def test_no_page_is_asked_with_a_nul_in_its_address(path, browse):
    assert browse(a_user("root", Role.ADMIN)).get(path).status_code == 400
