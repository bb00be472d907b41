"""The fifteen engineering departments and the first line that a new installation starts with; an administrator edits them."""

from django.db import migrations

CATALOGUE = [
    ("network", "Network", "Network", "network"),
    ("vmware", "VMware Virtualization", "VMware", "layers"),
    ("hyper-v", "Hyper-V Virtualization", "Hyper-V", "box"),
    ("backup", "Backup", "Backup", "database-backup"),
    ("microsoft", "Microsoft", "Microsoft", "layout-grid"),
    ("monitoring", "Monitoring", "Monitoring", "activity"),
    ("unix", "Unix", "Unix", "terminal"),
    ("dba", "DBA", "DBA", "database"),
    ("cyber-defence", "Cyber Defence Centre", "Cyber Defence", "shield"),
    ("external-dc", "External Data Centre Management", "External DCs", "building-2"),
    ("design-centre", "Design Centre", "Design Centre", "drafting-compass"),
    ("architecture", "Solution Architecture", "Solution Arch.", "waypoints"),
    ("software", "Software Development", "Software Dev", "code-xml"),
    ("infrastructure", "Infrastructure Operations", "Infra Ops", "server-cog"),
    ("service-engineers", "Service Engineers", "Service Eng.", "headset"),
]


def create(apps, schema_editor):
    department = apps.get_model("departments", "Department")
    for slug, name, short_name, icon in CATALOGUE:
        department.objects.create(slug=slug, name=name, short_name=short_name, icon=icon, kind="engineering")
    department.objects.create(
        slug="support", name="Technical Support", short_name="Tech Support", icon="headset", kind="support"
    )


class Migration(migrations.Migration):
    dependencies = [("departments", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
