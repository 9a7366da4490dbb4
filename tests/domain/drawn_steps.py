"""Every step of a review case, as hypothesis draws it."""

from datetime import datetime, timedelta

from hypothesis import strategies as st

from domain.contact_terms import CallResult, Channel, StopSignal, TalkOutcome
from domain.disputes import steps as dispute_steps
from domain.disputes.state import Forum, Result, Risk
from domain.offers import OfferForm
from domain.review_case import (
    agreement_steps,
    steps,
)
from domain.review_case.agreements import FixKind
from domain.sealed import PayeeRef
from tests.domain.review_world import OTHER, START, TEXT

KINDS = ["ALIPAY_LOGON_ID", "ALIPAY_USER_ID", "WECHAT_OPENID"]


def _later(hours: int) -> datetime:
    return START + timedelta(hours=hours)


a_step = st.one_of(
    st.builds(steps.Claim),
    st.builds(steps.HandOver, to=st.just("ann")),
    st.builds(steps.ConfirmCause, cause=st.just("quality.broken")),
    st.builds(steps.BeginContact),
    st.builds(
        steps.LogContact,
        result=st.sampled_from(CallResult),
        talk=st.none() | st.sampled_from(TalkOutcome),
        explained=st.booleans(),
        inbound=st.booleans(),
        channel=st.none() | st.sampled_from(Channel),
    ),
    st.builds(
        steps.MakeOffer,
        form=st.sampled_from([OfferForm.CASH_ALIPAY, OfferForm.RED_PACKET, OfferForm.GIFT_PARCEL]),
        amount_fen=st.integers(1, 5000),
        reason=st.none() | st.just(TEXT),
    ),
    st.builds(steps.SetDelivery, to=st.just(TEXT)),
    st.builds(steps.GiveThanks, form=st.just(OfferForm.MEMBER_LEVEL_UP)),
    st.builds(steps.FulfilOffer, offer=st.integers(1, 2), text=st.just(TEXT), reference=st.none() | st.just("SF1234")),
    st.builds(steps.CheckFulfilment, offer=st.integers(1, 2), shown=st.booleans(), why=st.just(TEXT)),
    st.builds(steps.Approve, offer=st.integers(1, 2), amount_fen=st.integers(1, 5000)),
    st.builds(steps.Reject, offer=st.integers(1, 2), why=st.just(TEXT)),
    st.builds(steps.AnswerOffer, offer=st.integers(1, 3), accepted=st.booleans()),
    st.builds(
        steps.SetPayee, payee=st.builds(PayeeRef, id=st.sampled_from(["one", "two"]), kind=st.sampled_from(KINDS))
    ),
    st.builds(steps.CheckReview),
    st.builds(steps.PostReply, by_hand=st.booleans()),
    st.builds(steps.SkipReply, why=st.just(TEXT)),
    st.builds(steps.MarkMalicious, signals=st.just(["threat"]), why=st.just(TEXT)),
    st.builds(steps.DecideMalicious, malicious=st.booleans(), why=st.just(TEXT)),
    st.builds(steps.AttachEvidence, kind=st.just("platform_chat"), text=st.none() | st.just(TEXT)),
    st.builds(steps.ReportToPlatform, ground=st.just("extortion"), reference=st.just("R1"), at=st.just(START)),
    st.builds(steps.SkipReport, why=st.just(TEXT)),
    st.builds(steps.Merge, into=st.just(OTHER), why=st.just(TEXT)),
    st.builds(steps.BeginFollowUp),
    st.builds(steps.LogFollowUp, result=st.sampled_from(CallResult), answers=st.sampled_from([{}, {"solved": "yes"}])),
    st.builds(steps.SkipFollowUp, why=st.just(TEXT)),
    st.builds(steps.StopContact, signal=st.sampled_from(StopSignal)),
    st.builds(steps.Hold, why=st.just(TEXT)),
    st.builds(steps.Resume),
    st.builds(steps.Escalate, why=st.just(TEXT)),
    st.builds(agreement_steps.MakePromise, what=st.just(TEXT), due=st.integers(1, 800).map(_later)),
    st.builds(agreement_steps.KeepPromise, promise=st.integers(1, 2)),
    st.builds(agreement_steps.RecordDetails, description=st.just(TEXT)),
    st.builds(
        agreement_steps.OpenInvestigation,
        to=st.just("ann"),
        question=st.just(TEXT),
        due=st.integers(1, 800).map(_later),
    ),
    st.builds(agreement_steps.AnswerInvestigation, investigation=st.integers(1, 2), answer=st.just(TEXT)),
    st.builds(agreement_steps.AskDecision, what=st.just(TEXT), due=st.none() | st.integers(1, 900).map(_later)),
    st.builds(agreement_steps.Decide, decision=st.integers(1, 2), granted=st.booleans(), answer=st.just(TEXT)),
    st.builds(agreement_steps.AttachChat, text=st.just(TEXT)),
    st.builds(
        agreement_steps.RecordFix,
        what=st.just(TEXT),
        kind=st.sampled_from(FixKind),
        paid_back_fen=st.sampled_from([0, 500]),
    ),
    st.builds(dispute_steps.FlagRisk, risk=st.sampled_from(Risk), words=st.none() | st.just(TEXT)),
    st.builds(dispute_steps.JudgeFlag, flag=st.integers(1, 2), stands=st.booleans(), why=st.none() | st.just(TEXT)),
    st.builds(
        dispute_steps.OpenCounterClaim,
        forum=st.sampled_from(Forum),
        what=st.just(TEXT),
        due=st.integers(1, 900).map(_later),
    ),
    st.builds(
        dispute_steps.MoveCounterClaim, claim=st.integers(1, 2), what=st.just(TEXT), due=st.integers(1, 900).map(_later)
    ),
    st.builds(
        dispute_steps.EndCounterClaim, claim=st.integers(1, 2), result=st.sampled_from(Result), what=st.just(TEXT)
    ),
    st.builds(dispute_steps.AskQuestion, what=st.just(TEXT), due=st.none() | st.integers(1, 900).map(_later)),
    st.builds(dispute_steps.AnswerQuestion, question=st.integers(1, 2), answer=st.just(TEXT), rule=st.just(TEXT)),
    st.builds(steps.MendPayout, payout=st.sampled_from(["key-1", "key-2"]), action=st.sampled_from(steps.MendAction)),
    st.builds(
        steps.DecidePayout, payout=st.just("key-1"), paid=st.booleans(), reference=st.just("1"), why=st.just(TEXT)
    ),
)
