"""Thanks after a solved case: small, by policy, once, and never in the way of the case's end."""

import pytest

from domain.contact_terms import StopSignal
from domain.errors import Refusal
from domain.gate import GateMode
from domain.offers import OfferForm, ThanksNotGiven, thanks_worth
from domain.payouts import PayoutStatus
from domain.people import TIMER
from domain.platforms import AmendMode
from domain.policies.compensation import CompensationPolicy
from domain.policies.documents import load_shipped, with_overrides
from domain.review_case import closing, paying, rules, steps
from domain.review_case.agenda import Action, agenda
from domain.review_case.facts import PayoutOpened, PayoutReport
from domain.review_case.outcomes import Outcome
from domain.review_case.state import Amendment, OfferStatus
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, World

LEVEL = steps.GiveThanks(form=OfferForm.MEMBER_LEVEL_UP)
POLICY = load_shipped("compensation", CompensationPolicy)


@pytest.fixture
def solved() -> World:
    """The buyer amended the review because explaining was enough."""
    world = a_plain_case()
    world.case.cause = "quality.broken"
    world.case.amendment = Amendment(mode=AmendMode.EDIT_RESULT, at=world.now, by="machine", evidence="")
    closing.end(world.case, TIMER, Outcome.AMENDED_UNPAID, world.now)
    return world


def refusal(world: World, step: steps.Step = LEVEL) -> str:
    command = steps.Command(actor=ALICE, step=step, digest="d", sent_at=world.now)
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, command, world.now)
    return refused.value.code


def due(world: World) -> list[Action]:
    return [one.action for one in agenda(world.case)]


@pytest.mark.covers(83)
def test_thanks_go_the_way_of_all_amends_before_the_case_closes(solved: World) -> None:
    assert solved.step(ALICE, LEVEL)
    assert due(solved) == [Action.PAY]
    solved.pass_to(agenda(solved.case)[0])
    payout = solved.case.payouts[0]
    paying.payout_reported(
        solved.case, PayoutReport(key=payout.key, status=PayoutStatus.PAID, at=solved.now), solved.now
    )
    assert (solved.case.offers[0].status, solved.case.outcome) == (OfferStatus.FULFILLED, Outcome.AMENDED_UNPAID)
    assert Action.NOTIFY in due(solved)


def test_nobody_is_thanked_twice_nor_on_top_of_amends(solved: World) -> None:
    assert solved.step(ALICE, LEVEL)
    assert refusal(solved) == "OfferPending"
    solved.case.offers[0].thanks = False
    solved.case.offers[0].status = OfferStatus.FULFILLED
    assert refusal(solved) == "OfferPending"


def test_a_shut_gate_ends_the_thanks_and_does_not_hold_the_case_open(solved: World) -> None:
    assert solved.step(ALICE, LEVEL)
    paying.payout_opened(solved.case, PayoutOpened(missing=["acknowledgement"], ours=True), solved.now)
    assert solved.case.offers[0].status is OfferStatus.EXPIRED
    assert due(solved) == [Action.RELEASE, Action.NOTIFY]


def test_thanks_are_for_solved_cases(solved: World) -> None:
    solved.case.outcome = None
    assert refusal(solved) == "WrongStage"
    solved.case.outcome = Outcome.REFUSED
    assert refusal(solved) == "WrongStage"


def test_a_buyer_who_wants_to_hear_nothing_is_not_thanked(solved: World) -> None:
    solved.case.stopped = StopSignal.BUYER_OPT_OUT
    assert refusal(solved) == "ContactStopped"


def test_a_review_that_stands_earns_no_thanks_where_money_waits_for_the_amendment(solved: World) -> None:
    solved.case.amendment, solved.case.outcome = None, Outcome.SETTLED_KEPT
    assert refusal(solved) == "WrongStage"
    assert solved.case.identity is not None
    solved.case.identity.gate_mode = GateMode.ON_RESOLUTION
    assert solved.step(ALICE, LEVEL)


@pytest.mark.covers(83)
@pytest.mark.parametrize(("worth", "face"), [(300, 300), (499, 300), (100, 300), (1000, 1000)])
def test_thanks_as_a_coupon_have_one_of_its_face_values(worth: int, face: int) -> None:
    own = with_overrides(POLICY, {"thanks": {"worth_fen": {"coupon_direct": worth}}})
    assert thanks_worth(OfferForm.COUPON_DIRECT, own) == face


@pytest.mark.covers(83)
def test_what_thanks_are_worth_is_the_policy_s(solved: World) -> None:
    assert thanks_worth(OfferForm.MEMBER_LEVEL_UP, POLICY) == 300
    with pytest.raises(ThanksNotGiven, match="member_level_up"):
        thanks_worth(OfferForm.GIFT_PARCEL, POLICY)
    with pytest.raises(ThanksNotGiven, match="in words"):
        thanks_worth(OfferForm.MEMBER_LEVEL_UP, with_overrides(POLICY, {}).model_copy(update={"thanks": NOTHING}))


NOTHING = POLICY.thanks.model_copy(update={"worth_fen": {}})


@pytest.mark.parametrize(
    ("worth", "says"),
    [
        ({"cash_alipay": 300}, "never money"),
        ({"member_level_up": 0}, "between 1 and 1000"),
        ({"gift_parcel": 5000}, "between 1 and 1000"),
    ],
)
def test_thanks_that_are_none_are_refused_by_their_form(worth: dict[str, int], says: str) -> None:
    with pytest.raises(Refusal, match=says) as refused:
        with_overrides(POLICY, {"thanks": {"worth_fen": worth}})
    assert f"thanks.worth_fen.{next(iter(worth))}" in refused.value.message
