"""The one plain sentence above the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from desk.health import Health, Standing
from desk.queries.clients import ClientLine, ClientPage
from desk.queries.departments import Counts
from desk.queries.today import Needs
from kernel.templatetags.ui import number, percent
from projects.queries.queues import Totals
from quality.statistics import GOAL


def today_sentence(needs: Needs) -> str:
    """What is wrong now, what is wrong soon, what nobody looks at."""
    said = []
    if needs.over:
        said.append(ngettext("%(n)d clock is over.", "%(n)d clocks are over.", needs.over) % {"n": needs.over})
    if needs.at_risk:
        said.append(ngettext("%(n)d is close.", "%(n)d are close.", needs.at_risk) % {"n": needs.at_risk})
    if needs.new:
        said.append(
            ngettext(
                "%(n)d incident waits for a first reaction.", "%(n)d incidents wait for a first reaction.", needs.new
            )
            % {"n": needs.new}
        )
    if needs.free:
        words = ngettext("Nobody has %(n)d with your department.", "Nobody has %(n)d with your department.", needs.free)
        said.append(words % {"n": needs.free})
    if said:
        return " ".join(said)
    if needs.open:
        words = ngettext(
            "%(n)d incident is open, none over or close.", "%(n)d incidents are open, none over or close.", needs.open
        )
        return words % {"n": needs.open}
    return _("Nothing is open.")


def company_sentence(needs: Needs) -> str:
    """The same for a client's own people: what is open, and what waits for them."""
    if not needs.open:
        return _("No incident of yours is open.")
    said = [
        ngettext("%(n)d incident of yours is open.", "%(n)d incidents of yours are open.", needs.open)
        % {"n": needs.open}
    ]
    if needs.waiting_for_client:
        words = ngettext("%(n)d waits for you.", "%(n)d wait for you.", needs.waiting_for_client)
        said.append(words % {"n": needs.waiting_for_client})
    return " ".join(said)


def client_reason(standing: Standing) -> str:
    """Why a client stands where it stands."""
    said = []
    if standing.urgent_over:
        words = ngettext("%(n)d urgent clock over.", "%(n)d urgent clocks over.", standing.urgent_over)
        said.append(words % {"n": standing.urgent_over})
    elif standing.over:
        said.append(ngettext("%(n)d clock over.", "%(n)d clocks over.", standing.over) % {"n": standing.over})
    if standing.at_risk:
        said.append(ngettext("%(n)d close.", "%(n)d close.", standing.at_risk) % {"n": standing.at_risk})
    shares = (
        (standing.resolution, _("Resolution %(share)s in 3 months.")),
        (standing.response, _("Response %(share)s in 3 months.")),
    )
    said += [words % {"share": percent(share)} for share, words in shares if share is not None and share < GOAL]
    if said:
        return " ".join(said)
    if standing.health == Health.UNKNOWN:
        return _("Nothing measured in 3 months.")
    return _("Nothing over, both clocks above the goal.")


def portfolio_sentence(lines: Sequence[ClientLine]) -> str:
    """How many clients need a look."""
    if not lines:
        return _("No client is yours to look after yet.")
    counted = Counter(line.standing.health for line in lines)
    said = [ngettext("%(n)d client.", "%(n)d clients.", len(lines)) % {"n": len(lines)}]
    if counted[Health.AT_RISK]:
        words = ngettext("%(n)d is at risk.", "%(n)d are at risk.", counted[Health.AT_RISK])
        said.append(words % {"n": counted[Health.AT_RISK]})
    if counted[Health.WATCH]:
        words = ngettext("%(n)d is worth a look.", "%(n)d are worth a look.", counted[Health.WATCH])
        said.append(words % {"n": counted[Health.WATCH]})
    if counted[Health.UNKNOWN]:
        words = ngettext("%(n)d cannot be judged yet.", "%(n)d cannot be judged yet.", counted[Health.UNKNOWN])
        said.append(words % {"n": counted[Health.UNKNOWN]})
    return " ".join(said)


def verdict(page: ClientPage) -> str:
    """The sentence behind the verdict; for the client's own people without our figures."""
    if page.figures is not None:
        said = [client_reason(page.standing)]
    elif page.standing.open:
        words = ngettext("%(n)d incident is open.", "%(n)d incidents are open.", page.standing.open)
        said = [words % {"n": page.standing.open}]
    else:
        said = [_("No incident is open.")]
    if page.waiting_for_client:
        said.append(_waiting(page.waiting_for_client, is_internal=page.figures is not None))
    return " ".join(said)


def _waiting(count: int, *, is_internal: bool) -> str:
    if is_internal:
        words = ngettext("%(n)d incident waits for the client.", "%(n)d incidents wait for the client.", count)
    else:
        words = ngettext("%(n)d of them waits for you.", "%(n)d of them wait for you.", count)
    return words % {"n": count}


def queue_sentence(totals: Totals, counts: Counts) -> str:
    """The work first, then the incidents."""
    if not totals.open:
        return department_sentence(counts)
    words = ngettext("%(n)d open task, %(hours)s h of work.", "%(n)d open tasks, %(hours)s h of work.", totals.open)
    said = [words % {"n": totals.open, "hours": number(float(totals.hours))}]
    if totals.holding:
        words = ngettext("%(n)d holds up others.", "%(n)d hold up others.", totals.holding)
        said.append(words % {"n": totals.holding})
    if counts.open:
        said.append(department_sentence(counts))
    return " ".join(said)


def department_sentence(counts: Counts) -> str:
    """What lies with a department."""
    if not counts.open:
        return _("Nothing is open here.")
    said = [ngettext("%(n)d incident is open.", "%(n)d incidents are open.", counts.open) % {"n": counts.open}]
    if counts.over:
        said.append(ngettext("%(n)d is over.", "%(n)d are over.", counts.over) % {"n": counts.over})
    if counts.free:
        said.append(
            ngettext("Nobody has %(n)d of them.", "Nobody has %(n)d of them.", counts.free) % {"n": counts.free}
        )
    return " ".join(said)
