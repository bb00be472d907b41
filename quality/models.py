"""Roll-ups: the counts behind every compliance figure, kept up to date from the outbox and always rebuildable."""

from django.db import models

from accounts.models import Client
from departments.models import Department
from sla.models import Clock, Priority


class Rollup(models.Model):
    """One cell: the incidents of one day (of `opened_at`, in the installation's zone), client, department and priority, one clock.

    `missed` holds the stopped and the swept ones; a clock that passed its deadline is swept within seconds.
    """

    day = models.DateField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    department = models.ForeignKey(Department, models.CASCADE, related_name="+")
    priority = models.CharField(max_length=2, choices=Priority)
    kind = models.CharField(max_length=10, choices=Clock.Kind)
    incidents = models.PositiveIntegerField(default=0)
    met = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    open = models.PositiveIntegerField(default=0)
    business_s = models.BigIntegerField(default=0)
    wall_s = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "client", "department", "priority", "kind"], name="rollup_cell_once")
        ]
        indexes = [models.Index(fields=["client", "kind", "day"], name="rollup_client_kind_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.client_id} {self.department_id} {self.priority} {self.kind}"
