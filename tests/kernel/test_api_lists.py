"""Lists: pages, order, filters, search; every parameter is known."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Client, Role, User
from kernel.keyset import complete_ordering
from tests.factories import MONDAY, a_client, a_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.kernel.api_example")]
URL = "/api/v1/clients/"


@pytest.fixture
def caller(api):
    return api(a_user("manager", Role.MANAGER))


def clients(count, **fields):
    return [Client.objects.create(slug=f"c{n:02}", name=f"Client {n:02}", **fields) for n in range(count)]


def slugs(answer):
    assert answer.status_code == 200, answer.content
    return [row["slug"] for row in answer.json()["results"]]


def errors(answer):
    assert answer.status_code == 400, answer.content
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    "ordering", ["name", "-name", "country", "-country", "created_at", "country,-name", "-country,name"]
)
def test_pages_follow_on_each_other_without_gap_or_repetition(caller, ordering):
    """Also where every row shares the first column's value, and in both directions."""
    clients(7, country="FR")
    clients_by_ordering = slugs(caller.get(URL, {"ordering": ordering}))
    assert len(clients_by_ordering) == 7
    pages, url = [], f"{URL}?page_size=3&ordering={ordering}"
    while url:
        answer = caller.get(url)
        pages.append(slugs(answer))
        url, back = answer.json()["next"], answer.json()["previous"]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [slug for page in pages for slug in page] == clients_by_ordering
    backwards: list[list[str]] = []
    while back:
        answer = caller.get(back)
        backwards.insert(0, slugs(answer))
        back = answer.json()["previous"]
    assert backwards == pages[:-1]
    assert slugs(caller.get(answer.json()["next"])) == pages[1]


def test_rows_added_and_removed_between_two_pages_disturb_nothing(caller):
    clients(6)
    first = caller.get(URL, {"page_size": 3})
    assert slugs(first) == ["c00", "c01", "c02"]
    Client.objects.filter(slug="c02").delete()
    a_client("early", name="Aaa")
    assert slugs(caller.get(first.json()["next"])) == ["c03", "c04", "c05"]


def test_the_first_and_the_last_page_end_the_row_of_links(caller):
    assert caller.get(URL).json() == {"next": None, "previous": None, "results": []}
    clients(3)
    body = caller.get(URL, {"page_size": 3}).json()
    assert (body["next"], body["previous"]) == (None, None)


@pytest.mark.parametrize("size", ["0", "-1", "201", "abc", "", "1.0", "1e2", "٣", "99999999999999999999"])
def test_a_page_has_1_to_200_rows(caller, size):
    assert errors(caller.get(URL, {"page_size": size})) == {("page_size", "invalid")}


def test_a_cursor_belongs_to_one_list_one_ordering_and_one_person(caller, api):
    clients(3)
    link = caller.get(URL, {"page_size": 1}).json()["next"]
    cursor = link.split("cursor=")[1].split("&")[0]
    broken = ["", "x", cursor[:-1], cursor.swapcase(), "W10:" + "a" * 43]
    for url in (*(f"{URL}?cursor={one}" for one in broken), f"{link}&ordering=-name"):
        assert errors(caller.get(url)) == {("cursor", "invalid")}, url
    assert errors(api(a_user("second", Role.MANAGER)).get(link)) == {("cursor", "invalid")}
    assert slugs(caller.get(link.replace("page_size=1", "page_size=2"))) == ["c01", "c02"]


def test_no_list_is_ordered_by_a_column_that_may_be_null():
    for column in ("tam__username", "-archived_at", "tam"):
        with pytest.raises(ImproperlyConfigured, match="null"):
            complete_ordering(Client.objects.order_by(column))
    assert complete_ordering(Client.objects.order_by("-country", "name")) == ["-country", "name", "-id"]
    assert complete_ordering(User.objects.order_by("username", "-pk")) == ["username", "-id"]


@pytest.mark.parametrize(
    "ordering", ["-", "", "version", "client__tam", "name,name", "name,-name", "--name", "name;drop"]
)
def test_order_only_by_what_is_offered(caller, ordering):
    answer = caller.get(URL, {"ordering": ordering})
    assert errors(answer) == {("ordering", "invalid")}
    assert "name, created_at, country, client" in answer.json()["errors"][0]["message"]


def test_an_ordering_may_have_another_name_than_its_column(caller):
    clients(2)
    assert slugs(caller.get(URL, {"ordering": "-client"})) == ["c01", "c00"]


def test_filters_narrow_the_list(caller):
    tam = a_user("ada", Role.TAM)
    a_client("fr", country="FR", tam=tam)
    a_client("de", country="DE", archived_at=MONDAY)
    Client.objects.filter(slug="de").update(created_at=MONDAY, version=3)
    after = (MONDAY + timedelta(seconds=1)).isoformat()
    for query, expected in [
        ({"country": "FR"}, ["fr"]),
        ({"tam": "ada"}, ["fr"]),
        ({"archived": "true"}, ["de"]),
        ({"archived": "false"}, ["fr"]),
        ({"created_after": after}, ["fr"]),
        ({"created_after": MONDAY.isoformat()}, ["de", "fr"]),
        ({"version": "3"}, ["de"]),
        ({"version": "-3"}, []),
        ({"search": "fr"}, ["fr"]),
        ({"search": '"d e"'}, []),
        ({"country": ""}, ["de", "fr"]),
    ]:
        assert slugs(caller.get(URL, query)) == expected, query


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("nonsense=1", ("nonsense", "unknown_parameter")),
        ("format=json", ("format", "unknown_parameter")),
        ("country__in=FR", ("country__in", "unknown_parameter")),
        ("tam__password=x", ("tam__password", "unknown_parameter")),
        ("country=FR&country=DE", ("country", "repeated")),
        ("country=" + "x" * 2049, ("country", "max_length")),
        ("tam=nobody", ("tam", "invalid_choice")),
        ("tam=%00", ("tam", "null_characters_not_allowed")),
        ("country=%00", ("country", "null_characters_not_allowed")),
        ("archived=yes", ("archived", "invalid_choice")),
        ("archived=True", ("archived", "invalid_choice")),
        ("created_after=2026-03-02", ("created_after", "invalid")),
        ("created_after=2026-03-02T10:00:00", ("created_after", "invalid")),
        ("version=1.0", ("version", "invalid")),
        ("version=1e3", ("version", "invalid")),
        ("version=99999999999999999999", ("version", "invalid")),
        ("search=" + "x" * 201, ("search", "max_length")),
        ("search=" + "+".join("abcdefghijk"), ("search", "max_length")),
        ("search=%00", ("search", "null_characters_not_allowed")),
    ],
)
def test_parameters_that_do_not_fit_are_named(caller, query, expected):
    assert errors(caller.get(f"{URL}?{query}")) == {expected}


def test_an_unknown_parameter_is_told_what_there_is(caller):
    message = caller.get(f"{URL}?cleint=x").json()["errors"][0]["message"]
    names = "archived, country, created_after, cursor, ordering, page_size, search, tam, version"
    assert message == f"Unknown parameter. Allowed here: {names}."


def test_parameters_are_known_everywhere_not_only_in_lists(caller):
    a_client("acme")
    assert errors(caller.get(f"{URL}acme/?country=FR")) == {("country", "unknown_parameter")}
    assert errors(caller.post(f"{URL}acme/archive/?at=now")) == {("at", "unknown_parameter")}
    assert Client.objects.get().archived_at is None


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "API_KEY"])
def test_a_key_in_the_address_is_refused_before_anything_else(api, name):
    answer = api().get(f"{URL}?{name}=abc123secret")
    assert errors(answer) == {(name, "secret_in_address")}
    assert "abc123secret" not in answer.content.decode()


def test_a_search_that_looks_like_a_pattern_is_only_text(caller):
    clients(2)
    for term in ("%", "_", "%_%", "(a+)+$", "'; --", "\\"):
        assert slugs(caller.get(URL, {"search": term})) == [], term


def test_the_list_costs_the_same_for_one_row_and_for_twenty(caller):
    def cost(new_rows):
        for _ in range(new_rows):
            a_client()
        with CaptureQueriesContext(connection) as queries:
            assert caller.get(URL).status_code == 200
        return len(queries)

    cost(1)
    assert cost(1) == cost(18)
