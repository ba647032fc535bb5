"""The schedules that ship: one file each, found by looking into this folder."""

from __future__ import annotations

from verify.drawers import in_folder
from verify.optimizers.schedule import Schedule

SCHEDULES: dict[str, Schedule] = {
    module.SCHEDULE.name: module.SCHEDULE for module in in_folder(__name__, __path__)
}
