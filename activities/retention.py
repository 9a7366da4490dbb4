"""Forgetting what a shop's retention no longer allows to be kept, pushes that come no more, and old logs of sending."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from temporalio import activity

from db.complaints import forget_complaints
from db.log_pruning import prune_logins, prune_logs
from db.policy_rows import policy_in_force
from db.pushes import forget_pushes
from db.retention import A_ROUND, due_cases, forget
from db.sessions import Sessions
from db.tables.complaints import Complaint
from db.tables.office import Shop
from domain.policies.retention import RetentionPolicy
from vault.setup import needed
from vault.vault import Vault

BY = "amends"
PUSHES_A_ROUND = 5000


class RetentionRequest(BaseModel):
    """`after` is the last shop that was finished."""

    model_config = ConfigDict(frozen=True)

    now: datetime
    after: str = ""


class RetentionDone(BaseModel):
    """One round: `shop` is where it was, None when every shop is done; `more` says that it has more to forget."""

    shop: str | None = None
    cases: int = 0
    pushes: int = 0
    more: bool = False


class RetentionActivities:
    def __init__(self, sessions: Sessions, vault: Vault | None) -> None:
        self._sessions = sessions
        self._vault = vault

    @activity.defn
    async def forget_due(self, request: RetentionRequest) -> RetentionDone:
        """A round in the next shop, in one transaction; a repeat finds what the first one has left."""
        async with self._sessions.begin() as session:
            shop = await session.scalar(select(Shop.code).where(Shop.code > request.after).order_by(Shop.code).limit(1))
            if shop is None:
                await prune_logs(session, request.now)
                await prune_logins(session, request.now)
                return RetentionDone()
            found = await policy_in_force(session, "retention", shop)
            policy = found.document
            assert isinstance(policy, RetentionPolicy)  # noqa: S101 the kind decides the model
            old = Complaint.ended_at < policy.closed_before(request.now)
            await forget_complaints(session, (Complaint.shop == shop) & old, request.now)
            due = await due_cases(session, shop, policy, request.now, A_ROUND)
            if due:
                version = f"{found.shop or 'house'}:{found.version}" if found.version else "shipped"
                done = await forget(session, shop, due, policy.forget, f"retention:{version}", BY, request.now)
                for sha256 in done.files:
                    await needed(self._vault).erase(sha256)
            pushes = await forget_pushes(session, shop, request.now, PUSHES_A_ROUND)
            more = len(due) == A_ROUND or pushes == PUSHES_A_ROUND
            return RetentionDone(shop=shop, cases=len(due), pushes=pushes, more=more)
