from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quality', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='rollup',
            name='kind',
            field=models.CharField(choices=[('response', 'Response'), ('resolution', 'Resolution'), ('update', 'Next update'), ('accept', 'Acceptance by the department'), ('finish', 'Work of the department'), ('vendor', 'Answer of the vendor')], max_length=10),
        ),
    ]
