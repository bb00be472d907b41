from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0012_draft_dates")]

    operations = [
        migrations.RemoveIndex(model_name="changerequest", name="request_open"),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(
                condition=models.Q(("status__in", ["accepted", "rejected", "withdrawn"]), _negated=True),
                fields=["-id", "status", "project", "client"],
                name="request_open",
            ),
        ),
    ]
