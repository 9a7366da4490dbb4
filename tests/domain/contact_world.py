"""The fixed world of the contact tests: shipped policy, published calendar, one buyer, and short ways to say when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from activities.holidays import calendar_days
from domain.contact_caps import ContactHistory, ContactStop, ContactTouch
from domain.contact_outcomes import consequence
from domain.contact_plan import ContactRequest, NoContact, PlannedContact, plan_contact
from domain.contact_terms import CallResult, Channel, PhoneKind, StopSignal, TalkOutcome
from domain.policies.contact import ContactPolicy, shipped_contact_policy
from domain.policies.documents import with_overrides

BEIJING = ZoneInfo("Asia/Shanghai")
POLICY = shipped_contact_policy()
DAYS = calendar_days(date(2026, 1, 1), date(2028, 12, 31), POLICY.calendar.overrides, POLICY.calendar.quiet)
CASE = "review-1"
OTHER_CASE = "review-2"
NOBODY_YET = ContactHistory()


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """A wall-clock moment such as "2026-11-23 10:00", as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def request(now: str | datetime, **known: Any) -> ContactRequest:
    moment = at(now) if isinstance(now, str) else now
    usual = {"review_created_at": moment, "window_ends_at": moment + timedelta(days=30), "phone": PhoneKind.MOBILE}
    return ContactRequest(**{"now": moment, "case": CASE, **usual, **known})


def touch(
    when: str | datetime,
    result: CallResult | None = CallResult.NO_ANSWER,
    talk: TalkOutcome | None = None,
    channel: Channel = Channel.CALL,
    case: str = CASE,
    policy: ContactPolicy = POLICY,
    **more: Any,
) -> ContactTouch:
    moment = at(when) if isinstance(when, str) else when
    counted = consequence(result, talk, policy).counts if result else True
    return ContactTouch(at=moment, channel=channel, case=case, result=result, talk=talk, **{"counted": counted, **more})


def history(*touches: ContactTouch, stop: StopSignal | None = None, stop_case: str = CASE) -> ContactHistory:
    stops = (ContactStop(at=at("2026-01-01 10:00"), case=stop_case, signal=stop),) if stop else ()
    return ContactHistory(touches, stops)


def plan(
    now: str | datetime, past: ContactHistory = NOBODY_YET, policy: ContactPolicy = POLICY, **known: Any
) -> PlannedContact | NoContact:
    return plan_contact(request(now, **known), past, policy, DAYS)


def planned(
    now: str | datetime, past: ContactHistory = NOBODY_YET, policy: ContactPolicy = POLICY, **known: Any
) -> PlannedContact:
    answer = plan(now, past, policy, **known)
    assert isinstance(answer, PlannedContact), answer
    return answer


def refused(
    now: str | datetime, past: ContactHistory = NOBODY_YET, policy: ContactPolicy = POLICY, **known: Any
) -> NoContact:
    answer = plan(now, past, policy, **known)
    assert isinstance(answer, NoContact), answer
    return answer


def clock(moment: datetime, zone: str = "Asia/Shanghai") -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def slot(contact: PlannedContact, zone: str = "Asia/Shanghai") -> tuple[str, str]:
    """The life day of a contact and the end of its slot, where the due time itself is spread."""
    return f"{contact.due_at.astimezone(ZoneInfo(zone)):%Y-%m-%d}", clock(contact.slot_ends_at, zone)[-5:]


def shop_policy(**tables: object) -> ContactPolicy:
    return with_overrides(POLICY, tables)
