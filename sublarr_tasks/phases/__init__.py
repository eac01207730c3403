"""The work of a scan's phases: what one unit means, how it is done, what its end writes.

Each phase is three functions. `prepare` reads what the claimed units need, `work` does one unit
without a transaction, `settle` writes the results of several in one.
"""
