"""The tables, by noun. Importing this package knows them all, which migrations and tests need."""

from db.tables import (
    approvals,
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
    reply_templates,
    retention,
    reversals,
    vault,
)
from db.tables.model import Model

__all__ = [
    "Model",
    "approvals",
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
    "reply_templates",
    "retention",
    "reversals",
    "vault",
]
