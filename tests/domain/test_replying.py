"""The public reply: in time, before an append closes it, once, whoever gives it."""

from datetime import timedelta

import pytest

from domain.amendment import Baseline, Reading
from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.escalation import EscalationKind
from domain.gate import GateMode
from domain.platforms import AmendMode, Grade, Platform, reply_asked_at
from domain.policies.documents import load_shipped
from domain.policies.platforms import PlatformsPolicy
from domain.review_case import closing, progress, replying, steps
from domain.review_case.agenda import Action, agenda
from domain.review_case.facts import Posted, ReplyText
from domain.review_case.outcomes import Outcome
from domain.review_case.state import Attempt, Identity, Opening, Reply, ReplyStatus, ReviewCaseState
from tests.domain.plain_case import reopened
from tests.domain.review_world import ALICE, BOB, START, TEXT, World

POLICY = load_shipped("platforms", PlatformsPolicy)


def world(**identity: object) -> World:
    """A case of Alice's on Tmall's terms: an append amends, and closes the reply."""
    opening = Opening(case="A26-1", platform="tmall", shop="demo", external_id="1", review_row="row")
    case = ReviewCaseState(opening=opening, opened_at=START, assignee="alice", read_again_at=START)
    facts: dict[str, object] = {
        "case_serial": 1, "shop_serial": 1, "installation": "T",
        "grade": Grade.BAD, "gate_mode": GateMode.ON_RESOLUTION,
        "baseline": Baseline(at=START, grade=Grade.BAD, review_created_at=START), "review_created_at": START,
        "persistence_ends_at": START + timedelta(days=30), "reply_due_at": START + timedelta(days=28),
        "reply_closes_at": START + timedelta(days=30), "amend_modes": [AmendMode.APPEND], "append_closes_reply": True,
    }  # fmt: skip
    case.identity = Identity.model_validate(facts | identity)
    return World(None, case)


def due(one: World) -> set[Action]:
    return {entry.action for entry in agenda(one.case) if entry.at <= one.now}


def agree(one: World) -> None:
    talk = TalkOutcome.AGREED_AMEND
    attempt = Attempt(
        number=1, channel=Channel.CALL, at=one.now, by="alice", result=CallResult.CONNECTED, talk=talk, explained=True
    )
    one.case.attempts.append(attempt)


def read(one: World, **shown: object) -> None:
    seen = {"at": one.now, "found": True, "grade": Grade.BAD, "other_row_readable": True} | shown
    progress.read(one.case, Reading.model_validate(seen), one.now)


def confirmed() -> World:
    one = world()
    one.case.reply = Reply(status=ReplyStatus.PREPARED, wanted_at=one.now, why="", text=TEXT)
    assert one.step(ALICE, steps.PostReply())
    return one


def status(one: World) -> ReplyStatus | None:
    return one.case.reply.status if one.case.reply else None


@pytest.mark.covers(79, 209)
def test_the_reply_is_asked_for_before_an_append_that_was_agreed_to_would_close_it() -> None:
    one = world()
    assert Action.WANT_REPLY not in due(one)
    agree(one)
    assert Action.WANT_REPLY in due(one)


def test_where_an_append_closes_nothing_the_reply_waits_for_its_time() -> None:
    one = world(append_closes_reply=False)
    agree(one)
    assert Action.WANT_REPLY not in due(one)


def test_trying_goes_on_after_an_early_reply() -> None:
    one = world()
    agree(one)
    replying.reply_wanted(one.case, one.now)
    replying.reply_prepared(one.case, ReplyText(text=TEXT), one.now)
    assert one.step(ALICE, steps.PostReply())
    replying.reply_posted(one.case, Posted(posted=True), one.now)
    assert Action.END not in due(one)


@pytest.mark.parametrize("before", [None, ReplyStatus.WANTED, ReplyStatus.PREPARED, ReplyStatus.CONFIRMED])
def test_an_append_closes_the_reply_at_once_where_the_marketplace_does_so(before: ReplyStatus | None) -> None:
    one = world()
    one.case.reply = Reply(status=before, wanted_at=one.now, why="", text=TEXT) if before else None
    read(one, appended=True, append_negative=True)
    assert status(one) is ReplyStatus.IMPOSSIBLE
    assert Action.POST_REPLY not in due(one)
    assert [event.kind for event in one.case.unwritten].count("reply_window_closed") == 1


def test_an_append_leaves_a_reply_that_was_given_alone() -> None:
    one = world()
    one.case.reply = Reply(status=ReplyStatus.POSTED, wanted_at=one.now, why="", early=True)
    read(one, appended=True, append_negative=False)
    assert status(one) is ReplyStatus.POSTED
    assert one.case.amendment is not None


@pytest.mark.parametrize("before", [ReplyStatus.WANTED, ReplyStatus.PREPARED, ReplyStatus.CONFIRMED])
def test_a_reply_that_somebody_posted_by_hand_counts_as_the_one(before: ReplyStatus) -> None:
    one = world()
    one.case.reply = Reply(status=before, wanted_at=one.now, why="", text=TEXT)
    read(one, replied=True)
    assert status(one) is ReplyStatus.POSTED
    assert Action.POST_REPLY not in due(one)


def test_a_reply_that_stood_there_before_is_not_prepared_again() -> None:
    one = world()
    read(one, replied=True)
    assert one.case.reply is None, "trying goes on"
    replying.reply_wanted(one.case, one.now)
    assert status(one) is ReplyStatus.POSTED


def test_a_confirmed_reply_that_can_not_be_posted_is_given_up_when_its_window_closes() -> None:
    one = confirmed()
    one.now += timedelta(days=30) - timedelta(minutes=10)
    replying.reply_posted(one.case, None, one.now)
    closes = next(entry for entry in agenda(one.case) if entry.action is Action.REPLY_CLOSES)
    one.pass_to(closes)
    assert status(one) is ReplyStatus.IMPOSSIBLE
    assert Action.END in due(one)


def test_a_refused_reply_is_not_tried_again() -> None:
    one = confirmed()
    replying.reply_posted(one.case, Posted(posted=False, why="refused"), one.now)
    assert (status(one), Action.POST_REPLY in due(one)) == (ReplyStatus.IMPOSSIBLE, False)


def test_a_reply_whose_words_became_unfit_goes_back_to_whoever_confirms() -> None:
    one = confirmed()
    replying.reply_posted(one.case, Posted(posted=False, unfit=True, why="'抱歉' (shop_word)"), one.now)
    assert (status(one), Action.POST_REPLY in due(one)) == (ReplyStatus.PREPARED, False)
    assert EscalationKind.REPLY_WAITING in one.case.clocks
    assert one.step(ALICE, steps.PostReply(text=TEXT))


def test_where_no_machine_posts_a_person_does_it_by_hand_and_says_so() -> None:
    one = world(read_by_machine=False)
    one.case.reply = Reply(status=ReplyStatus.PREPARED, wanted_at=one.now, why="", text=TEXT)
    assert not one.step(ALICE, steps.PostReply())
    assert one.step(ALICE, steps.PostReply(by_hand=True))
    assert status(one) is ReplyStatus.POSTED


def test_an_append_of_unknown_meaning_is_confirmed_by_a_second_person() -> None:
    one = world()
    confirm = steps.ConfirmAmended(mode=AmendMode.APPEND, evidence=TEXT)
    read(one, appended=False)
    assert not one.step(BOB, confirm), "a machine reads this marketplace"
    read(one, appended=True, append_negative=None)
    assert not one.step(ALICE, confirm), "the case's own agent"
    assert one.step(BOB, confirm)
    assert one.case.amendment is not None


@pytest.mark.parametrize(
    ("platform", "days"),
    [
        (Platform.TAOBAO, 28),
        (Platform.JD, 28),
        (Platform.PINDUODUO, 28),
        (Platform.DOUYIN, 28),
        (Platform.SHOPIFY, None),
    ],
)
def test_a_reply_is_asked_for_also_where_nobody_knows_its_window(platform: Platform, days: int | None) -> None:
    asked = reply_asked_at(POLICY.rules(platform), START, START + timedelta(days=30))
    assert asked == (None if days is None else START + timedelta(days=days))


def test_a_skipped_reply_ends_a_case_that_was_only_waiting_for_it() -> None:
    one = world()
    one.now += timedelta(days=28)
    replying.reply_wanted(one.case, one.now)
    replying.reply_prepared(one.case, ReplyText(text=TEXT), one.now)
    assert one.step(BOB, steps.SkipReply(why=TEXT))
    one.pass_to(next(entry for entry in agenda(one.case) if entry.action is Action.END))
    assert one.case.outcome is Outcome.UNREACHABLE


PATIENCE = timedelta(hours=72)


def without_an_end() -> World:
    """A marketplace that names no end for replies: one is asked for before the month ends."""
    return world(reply_closes_at=None, append_closes_reply=False, amend_modes=[AmendMode.EDIT_RESULT])


def when_given_up(one: World) -> list[timedelta]:
    return [entry.at - START for entry in agenda(one.case) if entry.action is Action.REPLY_CLOSES]


def test_where_the_marketplace_names_no_end_a_reply_of_the_first_day_waits_for_its_month() -> None:
    one = without_an_end()
    one.case.reply = Reply(status=ReplyStatus.PREPARED, wanted_at=START, why="", text=TEXT)
    assert when_given_up(one) == [timedelta(days=30)]


def test_and_one_of_its_last_days_has_three_to_be_confirmed() -> None:
    one = without_an_end()
    wanted = START + timedelta(days=29)
    one.case.reply = Reply(status=ReplyStatus.PREPARED, wanted_at=wanted, why="", text=TEXT)
    assert when_given_up(one) == [timedelta(days=29) + PATIENCE]


def test_a_held_case_goes_on_when_its_reply_is_due_since_the_marketplace_does_not_wait() -> None:
    one = world()
    one.now = START + timedelta(days=27)
    assert one.step(ALICE, steps.Hold(why=TEXT))
    one.now = START + timedelta(days=28)
    replying.reply_wanted(one.case, one.now)
    assert Action.RESUME in due(one)


def test_a_case_whose_reply_waits_for_a_person_is_not_held() -> None:
    one = world()
    one.case.reply = Reply(status=ReplyStatus.PREPARED, wanted_at=one.now, why="", text=TEXT)
    assert not one.step(ALICE, steps.Hold(why=TEXT))
    assert one.step(ALICE, steps.PostReply())
    assert one.step(ALICE, steps.Hold(why=TEXT))


def test_a_refusal_that_a_reading_contradicts_is_put_right() -> None:
    one = confirmed()
    replying.reply_posted(one.case, Posted(posted=False, why="the marketplace refused: X"), one.now)
    read(one, replied=True)
    assert one.case.reply is not None
    assert one.case.reply.status is ReplyStatus.POSTED


@pytest.mark.covers(90)
def test_a_reopened_case_does_not_ask_for_a_second_reply_and_does_not_end_by_the_first() -> None:
    one = confirmed()
    replying.reply_posted(one.case, Posted(posted=True), one.now)
    closing.end(one.case, BOB, Outcome.REFUSED, one.now)
    progress.closed(one.case, one.now)
    case = reopened(one)
    assert case.reply is not None
    assert (case.reply.status, case.reply.early) == (ReplyStatus.POSTED, True)
    assert Action.END not in due(World(None, case, one.now + timedelta(days=1)))


@pytest.mark.parametrize("how", ["called", "had the case before"])
def test_who_worked_on_a_case_does_not_confirm_its_amendment(how: str) -> None:
    one = world(read_by_machine=False)
    if how == "called":
        agree(one)
    assert one.step(BOB, steps.HandOver(to="ann"))
    confirm = steps.ConfirmAmended(mode=AmendMode.APPEND, evidence=TEXT)
    assert not one.step(ALICE, confirm)
    assert one.step(BOB, confirm)
