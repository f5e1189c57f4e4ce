"""The pure core: days, money, the ledger of an order, shipment classes and every formula.

Nothing here does I/O, reads a clock or knows a settings object. Money is `Decimal` in shop currency.
"""
