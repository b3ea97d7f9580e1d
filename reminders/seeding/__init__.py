"""An invented clinic to look at: a dozen patients with histories, and as many more as one wants to try the pages with.

Nothing leaves the machine: the past is played in memory, with an outbox.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine, select

from reminders.config import Config
from reminders.model import Refusal
from reminders.seeding.copying import copy_everything, follow_ids
from reminders.seeding.crowd import add_crowd
from reminders.seeding.stories import played_clinic
from reminders.store.demonstrations import mark_demonstration
from reminders.store.engine import reading, writing
from reminders.tables import PatientRow
from reminders.wiring import require_outbox

Progress = Callable[[int, int], None]
"""Called now and then with how many patients are done, and how many there will be."""


def seed_demo(
    engine: Engine, config: Config, now: datetime, patients: int = 0, *, progress: Progress = lambda done, total: None
) -> int:
    """Fill an empty, migrated database, all of it or nothing; returns how many patients it has.

    The same clinic at the same `now` each time. Raises Refusal where there are patients already, or where messages
    would really leave. The database says from then on that it is a demonstration.
    """
    require_outbox(config)
    if not is_empty(engine):
        raise Refusal("This database has patients already: an invented clinic is only added to an empty one.")
    with played_clinic(config, now) as played, writing(engine) as tx:
        seeded = copy_everything(played, tx)
        progress(seeded, max(seeded, patients))
        add_crowd(tx, config, now, first=seeded + 1, last=patients, progress=progress)
        mark_demonstration(tx, now)
        follow_ids(tx)
    return max(seeded, patients)


def is_empty(engine: Engine) -> bool:
    """Whether nobody has been entered yet."""
    with reading(engine) as tx:
        return tx.scalar(select(PatientRow.id).limit(1)) is None


__all__ = ["Progress", "is_empty", "seed_demo"]
