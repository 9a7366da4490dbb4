"""Damage judged, couriers claimed from, losses borne: the case's own rules."""

import pytest

from domain.courier_claims import ClaimKind, ClaimStatus, DamageFinding
from domain.escalation import EscalationKind
from domain.freight import Payer
from domain.loss_accounts import LossAccount
from domain.people import Actor
from domain.refund_case import claim_steps, progress, steps
from domain.refund_case.claim_steps import ClaimAnswerWord, RecoveredFrom
from domain.refund_case.losses import loss_fen, losses
from domain.refund_case.market import OnItsWay
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.register import dispute_of
from domain.refund_case.stages import Owner, RefundStage, owner_of, stage_of
from domain.refund_case.state import RefundCaseState
from domain.tracking import Leg, TransitState
from tests.domain.claim_world import HANDLING, arrived, claim, judge, report, world
from tests.domain.refund_world import ADA, ALICE, ANN, BOB, FAY, PARCEL, START, TEXT, WAN, Market, RefundWorld


def paid_back(made: RefundWorld) -> RefundWorld:
    assert made.step(WAN, steps.ReceiveParcel(parcel=PARCEL)) is None
    assert made.step(WAN, steps.Inspect(result="intact", good=1)) is None
    assert made.step(ALICE, steps.ReleaseRefund(amount_fen=8900)) is None
    made.wait(minutes=1)
    assert made.case.outcome is RefundOutcome.REFUNDED
    return made


@pytest.mark.covers(135, 136)
@pytest.mark.parametrize(
    ("finding", "fault", "back"),
    [
        (DamageFinding.QUALITY, "seller", Payer.SELLER),
        (DamageFinding.TRANSIT, "courier", Payer.SELLER),
        (DamageFinding.MISUSE, "buyer", Payer.BUYER),
    ],
)
def test_where_damage_came_from_decides_the_fault_and_the_freight(
    finding: DamageFinding, fault: str, back: Payer
) -> None:
    made = world()
    assert judge(made, finding, packaging_intact=True) is None
    assert (made.case.fault, made.case.freight and made.case.freight.back) == (fault, back)
    assert made.case.damage is not None
    assert made.case.damage.suggested is DamageFinding.QUALITY


@pytest.mark.covers(137)
def test_the_buyer_is_asked_once_to_keep_the_packaging_of_what_was_damaged_on_the_way() -> None:
    made = world()
    for _ in range(2):
        assert judge(made, DamageFinding.TRANSIT, packaging_intact=False) is None
        made.wait(minutes=1)
    assert made.told == ["keep_packaging"]


@pytest.mark.covers(135)
def test_the_warehouse_judges_once_the_goods_lie_before_it() -> None:
    made = arrived()
    step = claim_steps.JudgeDamage(finding=DamageFinding.TRANSIT, why=TEXT)
    assert made.step(WAN, step) == "NotYours"
    assert made.step(WAN, steps.ReceiveParcel(parcel=PARCEL)) is None
    assert made.step(WAN, step) is None
    assert made.step(ADA, step) == "NotYours"


@pytest.mark.covers(137, 139)
def test_damage_on_the_way_is_claimed_once_and_its_answer_counts() -> None:
    made = arrived()
    judge(made, DamageFinding.TRANSIT)
    assert EscalationKind.CLAIM_WAITING in made.case.clocks
    assert claim(made) is None
    assert EscalationKind.CLAIM_WAITING not in made.case.clocks
    assert (claim(made), claim(made, leg=Leg.OUT)) == ("ClaimMadeAlready", "NothingClaimed")
    report(made, ClaimStatus.FILED)
    report(made, ClaimStatus.AGREED, agreed_fen=5000)
    report(made, ClaimStatus.PAID, agreed_fen=5000, paid_fen=5000)
    report(made, ClaimStatus.PAID, agreed_fen=5000, paid_fen=5000)
    assert (made.case.claims[0].paid_fen, made.kinds.count("claim_moved")) == (5000, 3)
    assert dispute_of(made.case) == "damaged_in_transit"


@pytest.mark.covers(139)
def test_a_parcel_that_the_courier_shows_as_signed_for_is_not_lost_and_a_lost_one_not_damaged() -> None:
    assert claim(arrived(), kind=ClaimKind.LOSS) == "ClaimUnfounded"
    assert claim(world(), kind=ClaimKind.DAMAGE) == "ClaimUnfounded"
    made = world()
    assert claim(made, kind=ClaimKind.LOSS) is None
    assert dispute_of(made.case) == "lost_in_transit"
    said_so = world()
    said_so.scan(TransitState.DAMAGED)
    said_so.wait(hours=7)
    assert claim(said_so, kind=ClaimKind.DAMAGE) is None


@pytest.mark.covers(137)
def test_a_claim_that_was_not_even_taken_may_be_mended_and_made_again() -> None:
    made = arrived()
    judge(made, DamageFinding.TRANSIT)
    claim(made)
    report(made, ClaimStatus.REJECTED, code="EVIDENCE_INVALID")
    assert EscalationKind.CLAIM_WAITING in made.case.clocks
    assert claim(made) is None
    assert [one.key for one in made.case.claims] == ["TEST-1-C1", "TEST-1-C2"]


def test_an_overdue_answer_is_told_once_and_climbs() -> None:
    made = arrived()
    claim(made)
    report(made, ClaimStatus.FILED)
    for _ in range(2):
        report(made, ClaimStatus.FILED, overdue=True)
    assert (made.kinds.count("claim_overdue"), EscalationKind.CLAIM_WAITING in made.case.clocks) == (1, True)
    report(made, ClaimStatus.REFUSED)
    assert EscalationKind.CLAIM_WAITING not in made.case.clocks


def test_a_case_waits_for_its_claim_and_says_so() -> None:
    made = arrived()
    claim(made)
    report(made, ClaimStatus.FILED)
    paid_back(made)
    made.wait(days=5)
    assert (stage_of(made.case), owner_of(made.case)) == (RefundStage.AWAITING_CLAIM, Owner.COURIER)
    assert claim(made) == "ClaimMadeAlready"
    report(made, ClaimStatus.REFUSED)
    made.wait(minutes=1)
    assert made.case.closed_at is not None
    report(made, ClaimStatus.PAID, agreed_fen=5000, paid_fen=5000)
    assert made.case.claims[0].paid_fen == 0


def by_hand(made: RefundWorld, answer: ClaimAnswerWord, who: Actor = ALICE, agreed: int | None = None) -> str | None:
    said = {"claim": 1, "answer": answer, "agreed_fen": agreed, "proof": TEXT}
    return made.step(who, claim_steps.AnswerCourierClaim.model_validate(said))


@pytest.mark.covers(137)
def test_where_no_machine_asks_a_person_says_what_the_courier_answered_and_finance_that_money_came() -> None:
    made = arrived()
    claim(made)
    report(made, ClaimStatus.BY_HAND)
    assert by_hand(made, ClaimAnswerWord.PAID, FAY) == "WrongStage"
    assert by_hand(made, ClaimAnswerWord.PARTLY) == "WrongStage"
    assert by_hand(made, ClaimAnswerWord.PARTLY, agreed=5000) == "WrongStage"
    assert by_hand(made, ClaimAnswerWord.ACCEPTED, agreed=100) == "WrongStage"
    assert by_hand(made, ClaimAnswerWord.FILED) is None
    assert by_hand(made, ClaimAnswerWord.PARTLY, agreed=3000) is None
    assert [word.answer for word in made.case.claims[0].words] == ["filed", "partly"]
    report(made, ClaimStatus.PARTLY, agreed_fen=3000)
    assert by_hand(made, ClaimAnswerWord.PAID) == "NotYours"
    assert by_hand(made, ClaimAnswerWord.PAID, FAY) is None
    unknown = claim_steps.AnswerCourierClaim(claim=7, answer=ClaimAnswerWord.PAID, proof=TEXT)
    assert made.step(FAY, unknown) == "NoSuchClaim"


def test_a_claim_may_be_given_up_until_it_is_accepted() -> None:
    made = arrived()
    claim(made)
    report(made, ClaimStatus.FILED)
    drop = claim_steps.DropCourierClaim(claim=1, why=TEXT)
    assert made.step(ALICE, drop) is None
    report(made, ClaimStatus.DROPPED)
    assert made.step(ALICE, drop) == "WrongStage"
    assert claim(made) is None
    report(made, ClaimStatus.AGREED, number=2, agreed_fen=5000)
    assert made.step(ALICE, claim_steps.DropCourierClaim(claim=2, why=TEXT)) == "WrongStage"


def kept() -> RefundWorld:
    """The buyer keeps what was damaged on the way to them and withdraws, and the courier refuses to pay."""
    order = OnItsWay(shipment="order", leg=Leg.ORDER, told_at=START)
    made = RefundWorld(Market(handling=HANDLING, parcels=[order]))
    made.scan(TransitState.SIGNED, "order")
    made.asked()
    judge(made, DamageFinding.TRANSIT, packaging_intact=False)
    assert claim(made, leg=Leg.ORDER) is None
    report(made, ClaimStatus.FILED)
    made.market.withdraw(made.now)
    made.read()
    report(made, ClaimStatus.REFUSED)
    made.wait(minutes=1)
    return made


@pytest.mark.covers(138)
def test_when_a_claim_fails_a_part_of_the_buyers_loss_is_borne_as_a_coupon() -> None:
    made = kept()
    assert (stage_of(made.case), owner_of(made.case)) == (RefundStage.BEARING_LOSS, Owner.SERVICE)
    assert made.step(ALICE, claim_steps.ShareLoss(claim=1, amount_fen=2600)) == "AboveShare"
    assert made.step(ANN, claim_steps.ShareLoss(claim=1, amount_fen=2500)) == "NotYours"
    assert made.step(ALICE, claim_steps.GiveShare(proof=TEXT)) == "WrongStage"
    assert made.step(ALICE, claim_steps.ShareLoss(claim=1, amount_fen=2500)) is None
    assert made.step(ALICE, claim_steps.AnswerShare(accepted=True)) is None
    assert made.step(ALICE, claim_steps.GiveShare(proof=TEXT)) == "NotYours"
    assert made.step(FAY, claim_steps.GiveShare(proof=TEXT)) is None
    made.wait(minutes=1)
    assert made.case.closed_at is not None
    assert losses(made.case) == {LossAccount.SHARED: 2500}


@pytest.mark.covers(138)
def test_a_share_that_is_declined_or_not_offered_lets_the_case_close() -> None:
    declined = kept()
    declined.step(ALICE, claim_steps.ShareLoss(claim=1, amount_fen=1000))
    declined.step(ALICE, claim_steps.AnswerShare(accepted=False))
    declined.wait(minutes=1)
    left = kept()
    assert left.step(ALICE, claim_steps.LeaveLoss(why=TEXT)) is None
    left.wait(minutes=1)
    assert (declined.case.closed_at is not None, left.case.closed_at is not None) == (True, True)
    assert (losses(declined.case), losses(left.case)) == ({}, {})


@pytest.mark.covers(138)
def test_nobodys_loss_is_shared_who_has_the_money_back() -> None:
    made = arrived()
    claim(made)
    report(made, ClaimStatus.REFUSED)
    paid_back(made)
    assert made.step(ALICE, claim_steps.ShareLoss(claim=1, amount_fen=100)) in {"NoLossToShare", "CaseClosed"}


@pytest.mark.covers(158)
def test_what_courier_and_insurer_make_good_is_taken_off_the_loss() -> None:
    made = arrived()
    judge(made, DamageFinding.TRANSIT)
    claim(made)
    report(made, ClaimStatus.FILED)
    assert made.step(WAN, steps.ReceiveParcel(parcel=PARCEL)) is None
    assert made.step(WAN, steps.Inspect(result="opened", damaged=1)) is None
    assert made.step(ALICE, steps.Agree(why=TEXT)) is None
    assert made.step(ALICE, steps.ReleaseRefund(amount_fen=8900)) is None
    made.wait(minutes=1)
    assert losses(made.case) == {LossAccount.GOODS: 8900, LossAccount.FREIGHT: 1800}
    report(made, ClaimStatus.PAID, agreed_fen=5000, paid_fen=5000)
    recover = claim_steps.RecordRecovery(source=RecoveredFrom.INSURER, amount_fen=1000, proof=TEXT)
    if made.case.closed_at is None:
        assert made.step(ALICE, recover) == "NotYours"
    assert made.case.claims[0].paid_fen == 5000
    assert loss_fen(made.case) == 8900 + 1800 - 5000


@pytest.mark.covers(158)
def test_money_from_elsewhere_is_finances_to_record_and_never_more_than_was_at_stake() -> None:
    made = arrived()
    recover = claim_steps.RecordRecovery(source=RecoveredFrom.SUPPLIER, amount_fen=8000, proof=TEXT)
    assert made.step(BOB, recover) is None
    assert made.step(FAY, recover) == "RecoveredTooMuch"
    small = claim_steps.RecordRecovery(source=RecoveredFrom.INSURER, amount_fen=1000, proof=TEXT)
    assert made.step(FAY, small) is None
    assert losses(made.case) == {
        LossAccount.FREIGHT: 1000, LossAccount.SUPPLIER: -8000, LossAccount.INSURER: -1000
    }  # fmt: skip


@pytest.mark.covers(134)
def test_abuse_is_a_persons_word_with_its_reason_and_can_be_taken_back() -> None:
    made = world()
    assert made.step(ALICE, claim_steps.LiftAbuse(why=TEXT)) == "WrongStage"
    assert made.step(FAY, steps.FlagAbuse(why=TEXT)) == "NotYours"
    assert made.step(ALICE, steps.FlagAbuse(why=TEXT)) is None
    assert made.case.abuse is not None
    assert made.case.abuse.by == "alice"
    assert made.step(ALICE, claim_steps.LiftAbuse(why=TEXT)) is None
    assert made.kinds[-1] == "abuse_lifted"
    assert not made.case.abuse


def test_a_state_that_was_kept_in_a_row_is_the_same_when_it_is_read() -> None:
    made = kept()
    assert RefundCaseState.model_validate(made.case.model_dump(mode="json")) == made.case


@pytest.mark.covers(158)
def test_the_next_run_of_a_case_goes_on_with_claims_and_losses_and_posts_none_of_them_back() -> None:
    first = arrived()
    claim(first)
    report(first, ClaimStatus.PAID, agreed_fen=3000, paid_fen=3000)
    paid_back(first)
    first.wait(days=30)
    assert first.case.closed_at is not None
    again = RefundCaseState(opening=first.case.opening, opened_at=first.now)
    progress.carry_over(again, first.case)
    again.market, again.ended_before, again.identity = first.case.market, first.case.outcome, first.case.identity
    assert (again.claims, losses(again)) == (first.case.claims, losses(first.case))
    assert losses(again)[LossAccount.COURIER] == -3000
