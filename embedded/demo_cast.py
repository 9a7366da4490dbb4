"""The people of the demo shop, with what each is there to show."""

from dataclasses import dataclass

SHOP = "demo"
SELLER_NICK = "amends demo shop"


@dataclass(frozen=True)
class Member:
    """One person of the cast: login, roles in the demo shop (Root and Ada hold theirs in every shop), their work."""

    login: str
    name: str
    roles: tuple[str, ...]
    work: str

    @property
    def key_name(self) -> str:
        """Under which name the person's key is kept among the secrets of the installation."""
        return f"DEMO_KEY_{self.login.upper()}"


CAST = (
    Member("alice", "Alice", ("agent",), "agent: contacts buyers, makes offers"),
    Member("ann", "Ann", ("agent",), "second agent: takes over, verifies amendments"),
    Member("bob", "Bob", ("supervisor", "lead"), "supervisor of both: approves, takes escalations"),
    Member("lee", "Lee", ("lead",), "lead: assigns, reads the figures"),
    Member("wu", "Wu", ("warehouse",), "warehouse: matches parcels, inspects what comes back"),
    Member("fay", "Fay", ("finance",), "finance: releases payouts"),
    Member("ada", "Ada", ("auditor",), "auditor: reads every record"),
    Member("root", "Root", ("admin",), "admin: shops, people, keys, policies"),
)
