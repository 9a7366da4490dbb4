"""A malicious review from the first signal to the platform's own number of the report."""

from hashlib import sha256

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from db.attachments import keep_attachment
from db.tables.cases import CaseFile
from domain.policies.causes import CausesPolicy
from domain.policies.documents import load_shipped
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.state import ReplyStatus, Stage
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told
from tests.workflows.test_review_story import code_of

MUST = [kind for kind, item in load_shipped("causes", CausesPolicy).evidence.items() if item.must]


async def malicious(tell: Tell, house: House) -> Told:
    story = await tell()
    await story.until(lambda case: case.assignee is not None)
    why = await house.text("要两千块才改")
    await story.step("bob", steps.MarkMalicious(signals=["demands_money_for_amending"], why=why))
    await story.step("bob", steps.DecideMalicious(malicious=True, why=why))
    return story


async def report(story: Told, ground: str = "extortion") -> None:
    step = steps.ReportToPlatform(ground=ground, reference="JB20261121-7", at=await story.clock())
    await story.step("bob", step)


async def in_vault(story: Told, content: bytes) -> str:
    """The id of a file that was put into the case's vault."""
    async with story.house.parts.sessions.begin() as session:
        case = await session.get_one(CaseFile, story.opening.case)
        digest, now = sha256(content).hexdigest(), await story.clock()
        return str((await keep_attachment(session, case, digest, 5, "text/plain", "a", "alice", now)).id)


async def test_a_file_that_the_case_does_not_have_is_refused(tell: Tell, house: House) -> None:
    story = await malicious(tell, house)
    with pytest.raises(WorkflowUpdateFailedError) as unknown:
        await story.step("bob", steps.AttachFiles(files=["nonsense"]))
    assert code_of(unknown) == "NotFound"


@pytest.mark.covers(13, 86, 143, 144)
async def test_a_malicious_review_is_reported_with_its_evidence_and_then_closed(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await malicious(tell, house)
    who = await story.agent()
    photo, voice = await in_vault(story, b"photo"), await in_vault(story, b"voice")
    await story.step(who, steps.AttachFiles(files=[photo]))
    await story.step(who, steps.AttachEvidence(kind="call_recording", upload=voice))
    for kind in MUST:
        await story.step(who, steps.AttachEvidence(kind=kind, text=await house.text(f"{kind}: 记录如下")))
    await report(story)
    await story.until(lambda case: case.reply is not None and case.reply.status is ReplyStatus.PREPARED)
    await story.step("bob", steps.SkipReply(why=await house.text("不回复")))
    state = await story.closed()
    assert state.outcome is Outcome.MALICIOUS_REPORTED
    events = await story.events()
    [made] = [event for event in events if event.kind == "reported_to_platform"]
    assert len(made.facts["evidence"]) == len(MUST) + 1
    assert made.facts["evidence"][0] == f"1 call_recording {sha256(b'voice').hexdigest()}"
    kinds = [event.kind for event in events]
    assert "contact_planned" not in kinds[kinds.index("suspected") :]
    await keep_history(story.handle.id, "ReviewCase.malicious_reported")


async def test_a_report_without_its_evidence_names_what_is_missing(tell: Tell, house: House) -> None:
    story = await malicious(tell, house)
    await story.step("bob", steps.AttachEvidence(kind=MUST[0], text=await house.text("聊天记录")))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await report(story)
    assert code_of(refused) == "EvidenceMissing"
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.details[0]["facts"]["missing"] == ", ".join(MUST[1:])
    assert (await story.settled()).stage is Stage.SUSPECTED


async def test_a_ground_that_the_platform_does_not_take_and_a_strange_kind_are_refused(
    tell: Tell, house: House
) -> None:
    story = await malicious(tell, house)
    with pytest.raises(WorkflowUpdateFailedError) as ground:
        await report(story, ground="bad_luck")
    with pytest.raises(WorkflowUpdateFailedError) as kind:
        await story.step("bob", steps.AttachEvidence(kind="a_dream", text=await house.text("梦")))
    assert (code_of(ground), code_of(kind)) == ("GroundUnknown", "EvidenceUnfit")
