"""Duty shifts, feeds of them, and what feeds no longer show."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


def give_uids(apps, schema_editor):
    """Each absence its own, before the column is unique."""
    absence = apps.get_model("departments", "Absence")
    for pk in absence.objects.values_list("pk", flat=True):
        absence.objects.filter(pk=pk).update(uid=uuid.uuid4())


class Migration(migrations.Migration):

    dependencies = [
        ('departments', '0003_department_ola'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='absence',
            name='uid',
            field=models.UUIDField(default=uuid.uuid4, editable=False, null=True),
        ),
        migrations.RunPython(give_uids, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='absence',
            name='uid',
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('person', 'My shifts and absences'), ('department', 'One department'), ('provider', 'Everything')], max_length=10)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('hint', models.CharField(max_length=8)),
                ('created_at', models.DateTimeField()),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='departments.department')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calendar_feeds', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['kind', 'department__name'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('department__isnull', False), ('kind', 'department')), models.Q(models.Q(('kind', 'department'), _negated=True), ('department', None)), _connector='OR'), name='calendar_feed_names_its_department'), models.UniqueConstraint(condition=models.Q(('department', None)), fields=('user', 'kind'), name='one_calendar_feed_per_kind'), models.UniqueConstraint(condition=models.Q(('department__isnull', False)), fields=('user', 'department'), name='one_calendar_feed_per_department')],
            },
        ),
        migrations.CreateModel(
            name='DutyShift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=200)),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('source', models.CharField(blank=True, editable=False, max_length=60)),
                ('source_uid', models.CharField(blank=True, editable=False, max_length=255)),
                ('recurrence', models.CharField(blank=True, editable=False, max_length=20)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='duty_shifts', to='departments.department')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duty_shifts', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['starts_at', 'id'],
                'indexes': [models.Index(fields=['starts_at', 'ends_at'], name='duty_shift_span'), models.Index(fields=['user', 'ends_at'], name='duty_shift_user_end')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='duty_shift_ends_after_it_begins'), models.UniqueConstraint(condition=models.Q(('source_uid', ''), _negated=True), fields=('source', 'source_uid', 'recurrence', 'user'), name='duty_shift_imported_once')],
            },
        ),
        migrations.CreateModel(
            name='WithdrawnEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField()),
                ('version', models.PositiveIntegerField()),
                ('is_absence', models.BooleanField(default=False)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField()),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='departments.department')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['withdrawn_at'], name='withdrawn_entry_at')],
            },
        ),
    ]
