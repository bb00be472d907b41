"""The blueprints and definitions of ready that a new installation starts with (projects/content/); a provider edits them."""

from pathlib import Path

import yaml
from django.db import migrations
from django.utils import timezone

from projects.blueprints import parse

CONTENT = Path(__file__).resolve().parents[1] / "content"


def read(name):
    return yaml.safe_load((CONTENT / name).read_text(encoding="utf-8"))


def create(apps, schema_editor):
    blueprint_model = apps.get_model("projects", "Blueprint")
    version_model = apps.get_model("projects", "BlueprintVersion")
    now = timezone.now()
    for row in read("blueprints.yaml")["blueprints"]:
        blueprint = blueprint_model.objects.create(
            slug=row["slug"], name=row["name"], purpose=row["purpose"], when_to_use=row["when_to_use"]
        )
        blueprint.current = version_model.objects.create(
            blueprint=blueprint, number=1, content=parse(row).as_json(), created_at=now
        )
        blueprint.save(update_fields=["current"])
    item = apps.get_model("projects", "ReadyItem")
    lines = read("ready.yaml")
    for department in apps.get_model("departments", "Department").objects.filter(slug__in=lines):
        item.objects.bulk_create(
            item(department=department, text=text, position=position)
            for position, text in enumerate(lines[department.slug])
        )


class Migration(migrations.Migration):
    dependencies = [("projects", "0004_silence_told"), ("departments", "0004_duty")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
