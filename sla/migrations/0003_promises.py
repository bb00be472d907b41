import datetime
import django.db.models.deletion
from django.db import migrations, models


def valid_since_written(apps, schema_editor):
    """Until now every version was in force from the moment it was written."""
    for name in ("CalendarVersion", "PolicyVersion"):
        apps.get_model("sla", name).objects.update(valid_from=models.F("created_at"))


class Migration(migrations.Migration):

    dependencies = [
        ('sla', '0002_first_policy'),
    ]

    operations = [
        migrations.CreateModel(
            name='Vendor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=200, unique=True)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['slug'],
            },
        ),
        migrations.AddField(
            model_name='calendarversion',
            name='valid_from',
            field=models.DateTimeField(default=datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='clock',
            name='late_by_change_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='escalate_after_s',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='ladder',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='reopen_within_days',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='update_mode',
            field=models.CharField(choices=[('every', 'Every so often'), ('after_client', 'After each message of the client')], default='every', max_length=12),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='valid_from',
            field=models.DateTimeField(default=datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='slapolicy',
            name='scope',
            field=models.CharField(choices=[('client', 'Promise to clients'), ('department', 'Between departments (OLA)'), ('vendor', 'Promise of a vendor')], default='client', max_length=10),
        ),
        migrations.AddField(
            model_name='slatarget',
            name='update_s',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='clock',
            name='kind',
            field=models.CharField(choices=[('response', 'Response'), ('resolution', 'Resolution'), ('update', 'Next update'), ('accept', 'Acceptance by the department'), ('finish', 'Work of the department'), ('vendor', 'Answer of the vendor')], max_length=10),
        ),
        migrations.RunPython(valid_since_written, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='slapolicy',
            constraint=models.CheckConstraint(condition=models.Q(('is_default', False), ('scope', 'client'), _connector='OR'), name='only_promises_to_clients_are_default'),
        ),
        migrations.AddField(
            model_name='vendor',
            name='policy',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='vendors', to='sla.slapolicy'),
        ),
    ]
