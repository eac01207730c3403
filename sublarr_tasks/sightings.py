"""Which of a library's directories a scan has found.

A directory that must be read has a unit of its own. Those that did not change share one for each
walk, skipped from the start, that lists them: a rescan of a million costs some hundred rows.
"""

from sqlalchemy import BigInteger, Subquery, and_, func, select, union_all

from sublarr_tasks.models import ScanStatus, ScanUnit

# The key of the list in the shared unit's payload.
UNCHANGED = "unchanged"


def directories(scan_id: int) -> Subquery:
    """Select the ids of the directories that a scan's walks have come upon."""
    found = and_(ScanUnit.scan_id == scan_id, ScanUnit.phase == ScanStatus.SCANNING)
    to_read = select(ScanUnit.subject_id.label("id")).where(found, ScanUnit.subject_id.is_not(None))
    listed = func.jsonb_array_elements_text(ScanUnit.payload[UNCHANGED]).cast(BigInteger)
    unchanged = select(listed.label("id")).where(found, ScanUnit.payload.has_key(UNCHANGED))
    return union_all(to_read, unchanged).subquery()
