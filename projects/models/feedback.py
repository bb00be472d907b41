"""What the client's contact says of a request that was accepted."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Contact
from projects.models.request import ChangeRequest


class Feedback(models.Model):
    """Asked for once, when the request is accepted; answered by a link in the mail, once, without signing in.

    `score` from 1 (bad) to 5 (very good). Only the digest of the link's token is stored.
    """

    request = models.OneToOneField(ChangeRequest, models.CASCADE, related_name="feedback")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField()
    score = models.PositiveSmallIntegerField(null=True)
    comment = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="feedback_score_in_range", condition=Q(score=None) | Q(score__range=(1, 5)))
        ]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.score or '-'}"
