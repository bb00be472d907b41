"""Every write of departments: the catalogue and its people, absences, duty, what clients' systems call a group."""

from departments.operations.absences import cancel_absence, change_absence, record_absence
from departments.operations.catalogue import (
    archive_department,
    create_department,
    set_departments,
    set_head,
    update_department,
)
from departments.operations.duty import cancel_shift, change_shift, plan_rotation, plan_shift
from departments.operations.feeds import open_feed, revoke_feed
from departments.operations.importing import ImportReport, import_shifts
from departments.operations.mappings import change_mapping, map_group, unmap_group

__all__ = [
    "ImportReport",
    "archive_department",
    "cancel_absence",
    "cancel_shift",
    "change_absence",
    "change_mapping",
    "change_shift",
    "create_department",
    "import_shifts",
    "map_group",
    "open_feed",
    "plan_rotation",
    "plan_shift",
    "record_absence",
    "revoke_feed",
    "set_departments",
    "set_head",
    "unmap_group",
    "update_department",
]
