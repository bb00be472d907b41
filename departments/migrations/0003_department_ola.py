import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('departments', '0002_catalogue'),
        ('sla', '0003_promises'),
    ]

    operations = [
        migrations.AddField(
            model_name='department',
            name='ola',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='departments', to='sla.slapolicy'),
        ),
    ]
