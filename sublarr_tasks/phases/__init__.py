"""The work of a scan's phases: what one unit means, how it is done, what its end writes.

A step of a phase is some functions. `prepare` reads what the claimed units need, `work` does one
unit without a transaction, `secure` makes its result last where that is more than a row, `settle`
writes the results of several in one transaction and `refuse` what the failures of others mean.
"""
