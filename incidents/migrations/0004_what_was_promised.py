from django.db import migrations
from django.db.models import OuterRef, Subquery


def tell(apps, schema_editor):
    """What counted for an incident goes into the event that opened it; who spoke, into what was said."""
    Incident = apps.get_model("incidents", "Incident")
    IncidentEvent = apps.get_model("incidents", "IncidentEvent")
    Grant = apps.get_model("accounts", "Grant")
    version = Incident.objects.filter(pk=OuterRef("incident")).values("policy_version")
    first = IncidentEvent.objects.filter(incident=OuterRef("incident")).order_by("at", "id").values("pk")[:1]
    events = IncidentEvent.objects.filter(pk=Subquery(first), policy_version=None)
    events.update(policy_version=Subquery(version))
    public = IncidentEvent.objects.filter(kind="commented", is_public=True, actor__isnull=False, said_by="")
    public.filter(actor__in=Grant.objects.filter(role="contact").values("user")).update(said_by="client")
    others = Grant.objects.filter(role="integration").values("user")
    public.filter(said_by="").exclude(actor__in=others).update(said_by="us")


class Migration(migrations.Migration):
    dependencies = [("incidents", "0003_sides_and_promises"), ("accounts", "0001_initial")]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop, elidable=True)]
