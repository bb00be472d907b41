import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('alerts', '0001_initial'),
        ('sla', '0003_promises'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('slack', 'Slack'), ('teams', 'Microsoft Teams'), ('telegram', 'Telegram'), ('mattermost', 'Mattermost'), ('ntfy', 'ntfy'), ('other', 'Other service')], max_length=10)),
                ('sealed_url', models.TextField()),
                ('hint', models.CharField(max_length=100)),
                ('disabled_at', models.DateTimeField(null=True)),
                ('disabled_reason', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='NotificationHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quiet_from', models.TimeField(blank=True, null=True)),
                ('quiet_until', models.TimeField(blank=True, null=True)),
                ('urgent_wakes', models.BooleanField(default=True)),
                ('digest_at', models.TimeField(blank=True, null=True)),
                ('digest_sent_on', models.DateField(null=True)),
                ('unsubscribe_key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='Preference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(max_length=20)),
                ('mode', models.CharField(choices=[('at_once', 'At once'), ('digest', 'In the digest'), ('off', 'No')], max_length=7)),
            ],
        ),
        migrations.AddField(
            model_name='alert',
            name='clock_jump',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='alert',
            name='escalate_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='alert',
            name='escalations',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='alert',
            name='kind',
            field=models.CharField(choices=[('response', 'Response'), ('resolution', 'Resolution'), ('update', 'Next update'), ('accept', 'Acceptance by the department'), ('finish', 'Work of the department'), ('vendor', 'Answer of the vendor')], max_length=10),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='alert',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='alerts.alert'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='channel',
            field=models.CharField(choices=[('email', 'Mail'), ('chat', 'Chat')], default='email', max_length=8),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='client',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.client'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='notice',
            field=models.CharField(choices=[('raised', 'Alert'), ('retracted', 'Alert withdrawn'), ('digest', 'Daily digest'), ('test', 'Test of the channel'), ('operator', 'Message to the operators')], default='raised', max_length=9),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('escalate_at__isnull', False), ('state', 'open')), fields=['escalate_at'], name='alert_escalate'),
        ),
        migrations.AddField(
            model_name='endpoint',
            name='owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='endpoints', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='delivery',
            name='endpoint',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deliveries', to='alerts.endpoint'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('alert__isnull', False), ('client__isnull', False)), ('notice__in', ['digest', 'test', 'operator']), _connector='OR'), name='delivery_is_about_something'),
        ),
        migrations.AddField(
            model_name='notificationhours',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='notification_hours', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='preference',
            name='endpoint',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='preferences', to='alerts.endpoint'),
        ),
        migrations.AddField(
            model_name='preference',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='preferences', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='endpoint',
            constraint=models.UniqueConstraint(fields=('owner', 'name'), name='endpoint_name_once_per_owner'),
        ),
        migrations.AddConstraint(
            model_name='preference',
            constraint=models.UniqueConstraint(fields=('user', 'event', 'endpoint'), name='one_preference_per_endpoint'),
        ),
        migrations.AddConstraint(
            model_name='preference',
            constraint=models.UniqueConstraint(condition=models.Q(('endpoint', None)), fields=('user', 'event'), name='one_preference_for_mail'),
        ),
    ]
