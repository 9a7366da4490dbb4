"""Rules of webhooks: addresses, wishes, what is said, and tries."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.webhook_urls import BadWebhook, refuse_inside, target_of
from domain.webhooks import GIVE_UP_AFTER, PAUSES, WebhookState, next_state, outside, unknown_patterns, wants

NOW = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)
STATUSES = st.one_of(st.none(), st.sampled_from([200, 204, 301, 400, 404, 410, 429, 500, 503]))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "ftp://example.com/x",
        "https:///x",
        "https://user:word@example.com/",
        "https://example.com/#here",
        "https://example.com:99999/",
        "https://例子.cn/",
        "https://exa mple.com/",
        "https://example.com/\x00",
        "https://example.com:0/",
        'https://example.com/"',
        "https://example.com\\@evil.example/",
        "//example.com",
        "javascript:alert(1)",
        "https://[::1/",
        "https://example.com/" + "x" * 2000,
    ],
)
def test_an_address_that_can_not_be_meant_is_refused_by_name(url: str) -> None:
    with pytest.raises(BadWebhook) as refused:
        target_of(url)
    assert refused.value.facts["field"] == "url"


@given(url=st.one_of(st.text(max_size=80), st.text(max_size=60).map(lambda rest: f"https://{rest}")))
def test_whatever_is_typed_is_an_address_or_is_refused_by_name(url: str) -> None:
    try:
        target = target_of(url)
    except BadWebhook:
        return
    assert target.host
    assert 0 < target.port < 65536


def test_an_address_says_where_it_leads() -> None:
    assert target_of("https://Example.com/a?b=c").host == "example.com"
    assert (target_of("https://example.com:8443/").port, target_of("http://127.0.0.1/x").port) == (8443, 80)
    assert target_of("https://[2001:db8::1]/").host == "2001:db8::1"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "192.0.2.1",
    ],
)  # fmt: skip
def test_nothing_is_sent_into_a_network_that_is_not_the_open_internet(address: str) -> None:
    for addresses in ([address], ["93.184.216.34", address]):
        with pytest.raises(BadWebhook):
            refuse_inside(addresses, private_allowed=False)
    refuse_inside([address], private_allowed=True)


def test_the_open_internet_is_open() -> None:
    refuse_inside(["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"], private_allowed=False)


def test_wishes_are_kinds_of_cases_or_events_or_both() -> None:
    asked = [["*"], ["review.*"], ["*.closed"], ["review.closed"], ["refund.*"], []]
    assert [wants(one, "review.closed") for one in asked] == [True, True, True, True, False, False]
    assert unknown_patterns(["*", "review.*", "*.closed", "refund.opend", "parcel.*"], ["closed"]) == [
        "parcel.*",
        "refund.opend",
    ]


def test_hashes_of_sealed_texts_stay_here() -> None:
    facts = {"why": {"id": "1", "digest": "abc"}, "many": [{"digest": "x", "n": 1}], "n": 2}
    assert outside(facts) == {"why": {"id": "1"}, "many": [{"n": 1}], "n": 2}


@given(statuses=st.lists(STATUSES, min_size=1, max_size=40), after=st.integers(0, 10**6))
def test_a_delivery_ends_within_a_day_and_waits_as_long_as_it_was_asked_to(
    statuses: list[int | None], after: int
) -> None:
    now = NOW
    for tries, status in enumerate(statuses, 1):
        state, again = next_state(
            status, tries=tries, queued_at=NOW, now=now, retry_after=timedelta(seconds=after) if status == 429 else None
        )
        assert (again is None) == (state in (WebhookState.SENT, WebhookState.FAILED))
        if again is None:
            assert (state is WebhookState.SENT) == (status in (200, 204))
            break
        assert now < again <= NOW + GIVE_UP_AFTER
        # Whoever asks for more than a day is tried once more at its end.
        assert status != 429 or again - now >= min(timedelta(seconds=after), NOW + GIVE_UP_AFTER - now)
        now = again


def test_the_pauses_grow_and_fill_a_day() -> None:
    assert list(PAUSES) == sorted(PAUSES)
    assert timedelta(hours=22) < sum(PAUSES, timedelta()) < GIVE_UP_AFTER
