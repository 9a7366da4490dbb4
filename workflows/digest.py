"""Tells the people of one shop what they must hear, a few times an hour; a schedule starts it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.digests import DigestActivities, DigestRequest
    from workflows import limits


@workflow.defn(name="Digest")
class Digest:
    """One look: whoever is at work and has something to hear gets one digest."""

    @workflow.run
    async def run(self, shop: str) -> int:
        request = DigestRequest(shop=shop, now=workflow.now())
        return await workflow.execute_activity_method(DigestActivities.gather, request, **limits.RECORD)
