"""The house stands as planned: floors, foreign keys, and who may write. Import contracts are `lint-imports`' part."""

import re
import tomllib
from pathlib import Path, PurePosixPath

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model

from tests.only_operations_write import forbidden_writes, may_write, writes_in

ROOT = Path(__file__).resolve().parent.parent


def floors() -> dict[str, int]:
    """The floor of each room, by the layers contract of pyproject.toml: written there, and only there."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "floors")
    return {room: floor for floor, layer in enumerate(reversed(layers)) for room in re.findall(r"\w+", layer)}


def test_every_room_of_the_repository_has_a_floor():
    assert {path.parent.name for path in ROOT.glob("*/apps.py")} == set(floors())


def test_the_documented_floors_are_the_checked_ones():
    text = (ROOT / "docs" / "architecture.md").read_text()
    assert {room: int(floor) for floor, room in re.findall(r"^\| (\d+) \| `(\w+)/` \|", text, re.MULTILINE)} == floors()


def test_no_relation_points_to_a_room_above_or_beside():
    """As with imports: down, or within the room. Django's own apps and its swappable user lie below every floor."""
    height = floors()
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        room = model.__module__.split(".")[0]
        if room not in height:
            continue
        for field in model._meta.get_fields():
            if not (field.is_relation and field.concrete and field.related_model):
                continue
            target = field.related_model.__module__.split(".")[0]
            is_below = height.get(target, -1) < height[room] or field.related_model is get_user_model()
            if target != room and not is_below:
                wrong.append(f"{model._meta.label}.{field.name} (floor {height[room]}) -> {target} ({height[target]})")
    assert not wrong, "These point up or sideways (keep a kind and an id, or move the model):\n" + "\n".join(wrong)


def test_only_operations_write():
    found = forbidden_writes(ROOT, rooms=floors())
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize(
    "line",
    [
        "Incident.objects.create(title='x')",
        "Incident.objects.filter(pk=1).update(title='x')",
        "Incident.objects.visible_to(user).open().delete()",
        "incident.events.create(kind='x')",
        "incident.clocks.filter(kind='x').update(state='met')",
        "incident.clocks.all().delete()",
        "Incident._default_manager.bulk_create(rows)",
        "User.objects.get_or_create(username='x')",
        "lock(Clock.objects.filter(pk=1)).update(state='met')",
        "incident.save(update_fields=['title'])",
        "incident.save()",
        "form.instance.save()",
        "incident.delete()",
        "Incident.objects.get(pk=1).delete()",
        "await incident.asave()",
        "rows = Clock.objects.running()\n    rows.update(state='met')",
        "bulk.insert(rows)",
        "outbox.put('incident.opened', key='1', payload={}, at=now)",
        "cursor.execute('UPDATE incidents_incident SET title = %s', ['x'])",
    ],
)
def test_a_line_that_writes_is_found(line):
    found = writes_in(f"async def view(request):\n    {line}\n", path="incidents/views.py")
    assert [write.line for write in found] == [1 + len(line.splitlines())]
    assert "incidents/operations.py" in str(found[0])


@pytest.mark.parametrize(
    "line",
    [
        "context.update(title='x')",
        "context.update({'title': 'x'})",
        "self.seen.update(ids)",
        "digest.update(b'x')",
        "progress.update(1)",
        "form.save()",
        "self.get_serializer(data=data).save()",
        "super().save(*args, **kwargs)",
        "image.save(path)",
        "cache.delete('key')",
        "client.delete('/api/')",
        "operations.create(title='x')",
        "operations.incidents.create(title='x')",
        "Incident.objects.filter(pk=1).first()",
        "cursor.execute('SELECT 1')",
    ],
)
def test_a_line_that_only_looks_like_a_write_passes(line):
    source = f"from incidents import operations\n\nasync def view(request):\n    {line}\n"
    assert writes_in(source, path="incidents/views.py") == []


def test_a_queryset_taken_as_an_argument_is_known_as_one():
    source = "def close(rows: QuerySet[Clock]) -> None:\n    rows.update(state='met')\n"
    assert len(writes_in(source, path="sla/queries.py")) == 1


def test_operations_the_kernel_migrations_and_the_demo_may_write_and_nobody_else():
    allowed = ["sla/operations.py", "alerts/operations/sweep.py", "sla/migrations/0001_initial.py", "kernel/outbox.py"]
    allowed += ["demo/seed.py", "incidents/importing/operations.py"]
    refused = [
        "sla/models.py",
        "sla/queries.py",
        "alerts/tasks.py",
        "incidents/management/commands/import_incidents.py",
    ]
    assert all(may_write(PurePosixPath(path)) for path in allowed)
    assert not any(may_write(PurePosixPath(path)) for path in refused)
