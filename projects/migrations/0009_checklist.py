"""The checklist that handovers begin with (projects/content/checklist.yaml); a provider edits it."""

from pathlib import Path

import yaml
from django.db import migrations

CHECKLIST = Path(__file__).resolve().parents[1] / "content" / "checklist.yaml"


def create(apps, schema_editor):
    item = apps.get_model("projects", "ChecklistItem")
    lines = yaml.safe_load(CHECKLIST.read_text(encoding="utf-8"))
    item.objects.bulk_create(item(text=text, position=position) for position, text in enumerate(lines))


class Migration(migrations.Migration):
    dependencies = [("projects", "0008_documents_and_handovers")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
