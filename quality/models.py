"""Roll-ups: the counts behind the compliance figures of clients, kept from the outbox and always rebuildable."""

from django.db import models

from accounts.models import Client
from departments.models import Department
from sla.models import Clock, Priority


class Rollup(models.Model):
    """One cell: incidents opened on one day (of the installation's zone), by client, department, priority and clock.

    Verdicts as in `quality.facts`, by what the clocks' rows say: one that passed its deadline is `running` here until
    it is swept. An incident is in one cell of each kind: met, missed and running add up to the incidents.
    """

    day = models.DateField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    department = models.ForeignKey(Department, models.CASCADE, related_name="+")
    priority = models.CharField(max_length=2, choices=Priority)
    kind = models.CharField(max_length=10, choices=Clock.Kind)
    met = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    running = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "day", "department", "priority", "kind"], name="rollup_cell_once")
        ]
        indexes = [models.Index(fields=["day"], name="rollup_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.client_id} {self.department_id} {self.priority} {self.kind}"
