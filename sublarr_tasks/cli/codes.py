"""The exit codes of what was begun and did not come to its whole end."""

FAILED, PARTLY, INTERRUPTED = 1, 6, 130
