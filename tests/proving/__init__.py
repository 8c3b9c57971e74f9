"""The proving ground: every promise and every cost is a figure that a command prints.

Everything stands on one seam (``seam``), where each store, secret and HTTP call of the code
under test passes through a chain of layers: ledger, scheduler, faults, engine.
"""
