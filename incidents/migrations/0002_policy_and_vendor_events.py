import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0001_initial'),
        ('sla', '0003_promises'),
    ]

    operations = [
        migrations.AddField(
            model_name='incident',
            name='vendor',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.vendor'),
        ),
        migrations.AddField(
            model_name='incidentevent',
            name='policy_version',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.policyversion'),
        ),
        migrations.AddField(
            model_name='incidentevent',
            name='reopen_reason',
            field=models.CharField(blank=True, choices=[('not_fixed', 'Not fixed'), ('new_wish', 'New wish'), ('client_mistake', "Client's mistake")], max_length=14),
        ),
        migrations.AddField(
            model_name='incidentevent',
            name='vendor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.vendor'),
        ),
        migrations.AlterField(
            model_name='incidentevent',
            name='kind',
            field=models.CharField(choices=[('opened', 'Opened'), ('acknowledged', 'Acknowledged'), ('held', 'Put on hold'), ('resumed', 'Resumed'), ('resolved', 'Resolved'), ('reopened', 'Reopened'), ('closed', 'Closed'), ('priority_changed', 'Priority changed'), ('assigned', 'Assigned'), ('edited', 'Edited'), ('commented', 'Commented'), ('policy_changed', 'SLA policy changed'), ('recalculated', 'Clocks recalculated'), ('imported', 'State reported by the ticketing system')], max_length=16),
        ),
    ]
