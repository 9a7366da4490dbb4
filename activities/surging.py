"""What a surge's workflow asks the office and the plans: how the surge stands, and whom its change concerns."""

from uuid import UUID

from temporalio import activity

from activities.requests import Surged, SurgedRequest, SurgeRequest, SurgeStage
from db.places import planned_in_surge, written_before
from db.sessions import Sessions, looking
from db.surges import surging
from db.tables.office import ShopSurge

PAGE = 100


class SurgeActivities:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn
    async def surge_stage(self, request: SurgeRequest) -> SurgeStage:
        async with looking(self._sessions) as session:
            row = await session.get(ShopSurge, UUID(request.surge))
            if row is None or row.ends_at <= request.now:
                return SurgeStage(over=True)
            on = row.starts_at <= request.now
            return SurgeStage(on=on, next_at=row.ends_at if on else row.starts_at)

    @activity.defn
    async def surged(self, request: SurgedRequest) -> list[Surged]:
        """A page of the cases that should plan anew, by number; none once the shop's surge is otherwise than told."""
        async with looking(self._sessions) as session:
            row = await session.get(ShopSurge, UUID(request.surge))
            if row is None or bool(await surging(session, request.now, [row.shop])) is not request.surging:
                return []
            if request.surging:
                found = await written_before(session, row.shop, request.now, row.ends_at, request.after, PAGE)
            else:
                found = await planned_in_surge(session, row.shop, request.now, request.after, PAGE)
            return [Surged(case=number, workflow=workflow) for number, workflow in found]
