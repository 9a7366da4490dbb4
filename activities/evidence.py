"""What the causes policy and the platform ask of evidence and of a report."""

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.policies import Policies
from activities.refusals import refusing
from activities.requests import EvidenceRequest, FilesRequest, ReportRequest
from db.attachments import digests_of
from db.sessions import Sessions
from domain.platforms import Platform
from domain.policies.causes import CausesPolicy
from domain.review_case.evidence import missing
from domain.review_case.facts import Prepared
from domain.review_case.refusals import EvidenceMissing, EvidenceUnfit, GroundUnknown


class EvidenceActivities:
    def __init__(self, sessions: Sessions, policies: Policies) -> None:
        self._sessions = sessions
        self._policies = policies

    @activity.defn
    async def judge_evidence(self, request: EvidenceRequest) -> Prepared:
        """Raises EvidenceUnfit (non-retryable) for a kind that the policy does not know, NotFound or FileErased for a
        file that the case does not have."""
        with refusing():
            async with self._sessions.begin() as session:
                causes, version = await self._policies.causes(session, request.step.shop)
                if request.attach.kind not in causes.evidence:
                    known = ", ".join(causes.evidence)
                    raise EvidenceUnfit(f"No evidence is called {request.attach.kind!r}; use one of {known}.")
                uploads = [request.attach.upload] if request.attach.upload else []
                digests = await digests_of(session, request.step.case, uploads)
                return Prepared(policy=version, digests=digests)

    @activity.defn
    async def find_files(self, request: FilesRequest) -> Prepared:
        """Raises NotFound or FileErased (non-retryable) for a file that the case does not have."""
        with refusing():
            async with self._sessions() as session:
                return Prepared(digests=await digests_of(session, request.step.case, request.files))

    @activity.defn
    async def judge_report(self, request: ReportRequest) -> Prepared:
        """Raises GroundUnknown or EvidenceMissing (non-retryable)."""
        with refusing():
            async with self._sessions.begin() as session:
                causes, version = await self._policies.causes(session, request.step.shop)
                await self._check_ground(session, request)
                _check_evidence(request, causes)
                return Prepared(policy=version)

    async def _check_ground(self, session: AsyncSession, request: ReportRequest) -> None:
        platforms, _ = await self._policies.platforms(session, request.step.shop)
        rules = platforms.rules(Platform(request.platform))
        if rules.reporting is None:
            raise GroundUnknown(
                f"{rules.name_zh} is not known to take reports; a supervisor may skip it with a reason."
            )
        if request.report.ground not in rules.reporting.grounds:
            known = ", ".join(rules.reporting.grounds)
            raise GroundUnknown(f"{rules.name_zh} takes no report for {request.report.ground!r}; use one of {known}.")


def _check_evidence(request: ReportRequest, causes: CausesPolicy) -> None:
    lacking = missing(causes.evidence, request.kept)
    if lacking:
        raise EvidenceMissing(
            f"The report lacks {', '.join(lacking)}: attach them first, or let a supervisor skip the report.",
            missing=", ".join(lacking),
        )
