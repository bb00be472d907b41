"""Figures of the desk dressed for its pages: sparks, charts, words of health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Contact
from desk import words
from desk.contact_map import ContactMap, Face, Side, contact_map
from desk.health import Health
from desk.queries.clients import ClientLine, ClientPage, Figures
from kernel.charts import LineChart, Series, Spark, line_chart, sparkline
from kernel.templatetags.ui import percent
from quality.queries import Compliance
from quality.statistics import GOAL

# Which badge a health wears, and what it is called.
HEALTH = {
    Health.AT_RISK: ("late", gettext_lazy("At risk")),
    Health.WATCH: ("risk", gettext_lazy("Watch")),
    Health.UNKNOWN: ("todo", gettext_lazy("Unknown")),
    Health.HEALTHY: ("met", gettext_lazy("Healthy")),
}
MOST_FACES = 5


@dataclass(frozen=True, slots=True)
class Share:
    """A share of clocks met as it is shown; nothing decided is neither good nor bad."""

    value: float | None
    met: int
    missed: int
    is_bad: bool


@dataclass(frozen=True, slots=True)
class ClientRow:
    line: ClientLine
    badge: str
    health: str
    reason: str
    response: Share
    resolution: Share
    judged: Share
    spark: Spark | None


def share_of(figure: Compliance) -> Share:
    return Share(figure.share, figure.met, figure.missed, figure.share is not None and figure.share < GOAL)


def client_row(line: ClientLine) -> ClientRow:
    badge, health = HEALTH[line.standing.health]
    response, resolution = (share_of(figure) for figure in line.figures.this_month)
    judged = share_of(line.figures.judged[1])
    return ClientRow(
        line=line,
        badge=badge,
        health=str(health),
        reason=words.client_reason(line.standing),
        response=response,
        resolution=resolution,
        judged=judged,
        spark=_spark(line.figures, is_bad=judged.is_bad),
    )


def tally(lines: Sequence[ClientLine]) -> list[tuple[str, str, int]]:
    """(badge, word, how many) of each health, worst first."""
    counted = Counter(line.standing.health for line in lines)
    return [(badge, str(word), counted[health]) for health, (badge, word) in HEALTH.items()]


def client_parts(page: ClientPage) -> dict[str, Any]:
    """What the dashboard draws beside its plain values."""
    badge, health = HEALTH[page.standing.health]
    parts: dict[str, Any] = {
        "badge": badge,
        "health": str(health),
        "sentence": words.verdict(page),
        "people": _people(page),
        "goal": GOAL,
    }
    if page.figures is not None:
        response, resolution = page.figures.this_month
        parts |= {
            "response": share_of(response),
            "resolution": share_of(resolution),
            "judged": share_of(page.figures.judged[1]),
            "chart": _chart(page, page.figures),
        }
    return parts


def _spark(figures: Figures, *, is_bad: bool) -> Spark | None:
    shares = [month.share for month in figures.resolution]
    if not any(share is not None for share in shares):
        return None
    label = _("Resolution in time, last %(months)d months: %(values)s") % {
        "months": len(shares),
        "values": ", ".join(percent(share) for share in shares),
    }
    return sparkline(shares, label=label, is_bad=is_bad)


def _chart(page: ClientPage, figures: Figures) -> LineChart | None:
    response, resolution = ([month.share for month in months] for months in (figures.response, figures.resolution))
    if not any(share is not None for share in (*response, *resolution)):
        return None
    summary = _(
        "SLA compliance by month. Last month: response %(response)s, resolution %(resolution)s in time, goal %(goal)s."
    )
    return line_chart(
        [formats.date_format(month, "M") for month in page.months],
        series=[
            Series(name=_("Resolution"), values=tuple(resolution)),
            Series(name=_("Response"), values=tuple(response), kind="l2"),
        ],
        show=percent,
        summary=summary
        % {"response": percent(response[-1]), "resolution": percent(resolution[-1]), "goal": percent(GOAL)},
        head=_("Month"),
        target=GOAL,
        ceiling=1.0,
        width=640,
        height=204,
    )


def _people(page: ClientPage) -> ContactMap:
    client = page.client
    experts = [contact for contact in page.contacts if contact.kind == Contact.Kind.TECHNICAL_EXPERT]
    deciders = [contact for contact in page.contacts if contact.kind == Contact.Kind.DECISION_MAKER]
    tams = [(client.tam, _("TAM")), (client.deputy, _("Deputy TAM"))]
    managers = [(client.service_manager, _("Service manager"))]
    return contact_map(
        [
            Side(_("Technical experts"), _faces(experts), [Face(str(who), what) for who, what in tams if who]),
            Side(_("Decision makers"), _faces(deciders), [Face(str(who), what) for who, what in managers if who]),
        ]
    )


def _faces(contacts: Sequence[Contact]) -> list[Face]:
    faces = [Face(contact.name, contact.title) for contact in contacts[:MOST_FACES]]
    if len(contacts) > MOST_FACES:
        faces.append(Face(_("%(n)d more") % {"n": len(contacts) - MOST_FACES}))
    return faces
