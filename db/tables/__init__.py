"""The tables, by noun. Importing this package knows them all, which migrations and tests need."""

from db.tables import (
    budgets,
    buyers,
    cases,
    contacts,
    decisions,
    inbox,
    investigations,
    money,
    office,
    policies,
    record,
    refunds,
    reversals,
)
from db.tables.model import Model

__all__ = [
    "Model",
    "budgets",
    "buyers",
    "cases",
    "contacts",
    "decisions",
    "inbox",
    "investigations",
    "money",
    "office",
    "policies",
    "record",
    "refunds",
    "reversals",
]
