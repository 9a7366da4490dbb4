"""Rules of telling the staff: urgency, preferences, limits of channels, tries, words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.notice_channels import LIMITS, BadChannel, ChannelKind, free_at, mail_address, robot_secret, robot_token
from domain.notice_preferences import Preferences, Rule, When, chosen
from domain.notice_sending import ENDED, Answer, DeliveryState, next_state
from domain.notice_words import LONGEST, Told, composed, trial
from domain.policies.desk import EscalationKind
from domain.policies.documents import load_shipped
from domain.policies.notices import NoticesPolicy, Urgency

NOW = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)
POLICY = load_shipped("notices", NoticesPolicy)
ZONE = "Asia/Shanghai"


def test_every_kind_of_escalation_has_words_of_its_own() -> None:
    assert not set(EscalationKind) - set(POLICY.words)
    assert not set(POLICY.urgent) - set(POLICY.words)


@pytest.mark.covers(197)
def test_a_kind_is_urgent_from_its_level_on() -> None:
    assert [POLICY.urgency("deadline", level) for level in (1, 2, 3)] == ["normal", "urgent", "urgent"]
    assert POLICY.urgency("never_heard_of", 9) is Urgency.NORMAL


def test_the_first_rule_that_fits_counts_and_without_one_it_is_in_the_app_only() -> None:
    rules = (
        Rule(kinds=("stale",), when=When.IN_APP),
        Rule(urgency=Urgency.URGENT, channels=(ChannelKind.DINGTALK,), when=When.AT_ONCE),
    )
    mine = Preferences(rules=rules)
    channels = {"mail": ChannelKind.EMAIL, "group": ChannelKind.DINGTALK}
    picked = [
        chosen(mine.rule(kind, urgency), channels)
        for kind, urgency in (("stale", Urgency.URGENT), ("asked", Urgency.URGENT), ("asked", Urgency.NORMAL))
    ]
    assert picked == [[], ["group"], []]
    assert chosen(Preferences().rule("asked", Urgency.NORMAL), channels) == ["mail", "group"]


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        (ChannelKind.DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=abcdef0123456789"),
        (ChannelKind.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abcdef0123456789"),
        (ChannelKind.FEISHU, "https://open.feishu.cn/open-apis/bot/v2/hook/abcdef0123456789"),
        (ChannelKind.WECOM, " abcdef0123456789\n"),
    ],
)
def test_the_whole_address_of_a_robot_is_as_good_as_its_token(kind: ChannelKind, address: str) -> None:
    assert robot_token(kind, address) == "abcdef0123456789"


@pytest.mark.parametrize(
    "given_token", ["", "https://evil.example/robot/send?access_token=../../x", "a b c d e f g h", "电话电话电话电话"]
)
def test_what_is_no_token_is_refused_by_name(given_token: str) -> None:
    with pytest.raises(BadChannel) as refused:
        robot_token(ChannelKind.DINGTALK, given_token)
    assert refused.value.facts["field"] == "token"


@pytest.mark.parametrize(
    "address", ["", "anna", "anna@", "a@b@example.com", "anna@example", "a..b@example.com", "安@例.com"]
)
def test_what_is_no_mail_address_is_refused_by_name(address: str) -> None:
    with pytest.raises(BadChannel):
        mail_address(address)


def test_wecom_has_no_secret() -> None:
    assert robot_secret(ChannelKind.DINGTALK, " SEC123 ") == "SEC123"
    with pytest.raises(BadChannel):
        robot_secret(ChannelKind.WECOM, "SEC123")


@given(
    kind=st.sampled_from(list(ChannelKind)),
    wishes=st.lists(st.integers(min_value=0, max_value=3000), min_size=1, max_size=260),
)
def test_no_stretch_of_time_ever_holds_more_than_a_channel_takes(kind: ChannelKind, wishes: list[int]) -> None:
    sent: list[datetime] = []
    now = NOW
    for tenths in wishes:
        now = max(now, NOW + timedelta(seconds=tenths / 10))
        now = free_at(kind, sent, now)
        assert free_at(kind, sent, now) == now
        sent.append(now)
    for window, most in LIMITS[kind]:
        assert all(sum(at - window < other <= at for other in sent) <= most for at in sent)


@given(answers=st.lists(st.sampled_from(list(Answer)), min_size=1, max_size=200), urgent=st.booleans())
def test_every_message_ends_within_its_time_and_nothing_follows_a_yes_or_a_silence(
    answers: list[Answer], urgent: bool
) -> None:
    now = NOW
    for tries, answer in enumerate(answers, 1):
        state, again = next_state(answer, tries=tries, urgent=urgent, queued_at=NOW, give_up_hours=24, now=now)
        assert (again is not None) == (state is DeliveryState.QUEUED)
        if again is None:
            assert state in ENDED
            assert (state is DeliveryState.SENT) == (answer is Answer.TAKEN)
            assert (state is DeliveryState.UNKNOWN) == (answer is Answer.OPEN)
            break
        assert now < again <= NOW + timedelta(hours=24)
        now = again


@given(many=st.integers(min_value=1, max_value=200), shop=st.text(max_size=60), urgent=st.booleans())
def test_a_message_fits_into_the_narrowest_channel(many: int, shop: str, urgent: bool) -> None:
    told = [Told(EscalationKind.STALE, 0, shop, f"A26-{n}", NOW) for n in range(many)]
    message = composed(told, POLICY, ZONE, urgent=urgent)
    assert len(message.whole.encode()) <= LONGEST
    assert "案件 A26-0" in message.whole


def test_one_thing_is_said_with_its_case_and_its_due_time_in_the_shops_zone() -> None:
    message = composed([Told("deadline", 2, "演示店", "A26-1", NOW)], POLICY, ZONE, urgent=True)
    assert message.whole == "【加急】演示店 案件 A26-1：平台期限将至（截止 11-29 12:00）"
    assert "手机" in trial("手机").whole
