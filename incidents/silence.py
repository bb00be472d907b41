"""Which reporting systems have fallen silent: what is known of their incidents may be out of date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from incidents.models import EventKind, Incident, IncidentEvent

SILENT_AFTER = timedelta(minutes=10)
# A system usually speaks if it spoke in as many as this of the six spans of that length before its last word.
USUALLY = 5
# Only so many last events are looked at, those of all clients together: who is not among them is not judged.
LOOKS_AT = 1000


def silent_since(incident_ids: Sequence[int], *, at: datetime) -> Mapping[int, datetime]:
    """Of these incidents those whose source has said nothing for ten minutes although it usually speaks, with the
    instant of its last word; two queries."""
    sources = {
        pk: (client_id, source)
        for pk, client_id, source in Incident.objects.filter(pk__in=incident_ids).values_list(
            "pk", "client_id", "source"
        )
    }
    words: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    last = IncidentEvent.objects.order_by("-pk").values_list(
        "incident__client_id", "incident__source", "recorded_at", "kind", "via"
    )
    for client_id, source, recorded_at, kind, via in last[:LOOKS_AT]:
        if (kind == EventKind.IMPORTED or via) and recorded_at <= at:
            words[client_id, source].append(recorded_at)
    silent = {key: since for key, spoken in words.items() if (since := _silence(spoken, at=at)) is not None}
    return {pk: silent[key] for pk, key in sources.items() if key in silent}


def _silence(spoken: Sequence[datetime], *, at: datetime) -> datetime | None:
    since = max(spoken)
    spans = {(since - word) // SILENT_AFTER for word in spoken}
    return since if at - since > SILENT_AFTER and len(spans & set(range(6))) >= USUALLY else None
