"""The one sentence that says why this hour, in English for the record and in Chinese for the agent."""

from dataclasses import dataclass
from datetime import datetime

from domain.calendar import DayKind
from domain.contact_slots import Slot
from domain.contact_terms import AddressType, Channel, ContactBasis, NoContactCode, Occupation
from domain.life_zones import BEIJING, LifeZone


@dataclass(frozen=True, slots=True)
class Moved:
    """The moment at which the contact was wanted, and how many others are planned around it."""

    wanted: datetime
    others: int


@dataclass(frozen=True, slots=True)
class Held:
    """What kept the contact from being made earlier, or at the moment at which it was wanted."""

    why: str
    attempt_number: int
    moved: Moved | None = None


SPACING = "the spacing of attempts over the month"
_VERBS = {
    Channel.CALL: ("Call", "打电话"),
    Channel.SMS: ("Send an SMS", "发短信"),
    Channel.IM: ("Write on the platform's messenger", "发旺旺或平台消息"),
}
_DAYS = {
    DayKind.WORKDAY: ("a workday", "工作日"),
    DayKind.WEEKEND: ("a weekend day", "周末"),
    DayKind.HOLIDAY: ("a holiday", "节假日"),
}
_PLACES = {
    AddressType.PICKUP_POINT: ("a pickup point", "自提点"),
    AddressType.SCHOOL: ("a school", "学校"),
    AddressType.FACTORY: ("a factory", "工厂"),
    AddressType.SHOP: ("a shop", "店铺"),
    AddressType.HOTEL: ("a hotel", "酒店"),
    AddressType.RESIDENTIAL: ("a home", "住宅"),
    AddressType.HOSPITAL: ("a hospital", "医院"),
    AddressType.GOVERNMENT: ("a public office", "机关单位"),
    AddressType.OFFICE: ("an office", "写字楼"),
    AddressType.VILLAGE: ("a village", "农村"),
    AddressType.UNKNOWN: ("an unknown place", "未知地点"),
}
_WORK = {
    Occupation.OFFICE_WORKER: ("an office worker", "上班族"),
    Occupation.TEACHER: ("a teacher", "教师"),
    Occupation.STUDENT: ("a student", "学生"),
    Occupation.DOCTOR_NURSE: ("a doctor or nurse", "医护人员"),
    Occupation.CIVIL_SERVANT: ("a civil servant", "公务员"),
    Occupation.FACTORY_WORKER: ("a factory worker", "工厂员工"),
    Occupation.NIGHT_SHIFT: ("somebody on night shift", "夜班人员"),
    Occupation.SHOPKEEPER: ("a shopkeeper", "店主"),
    Occupation.DRIVER_COURIER: ("a driver or courier", "司机或快递员"),
    Occupation.FARMER: ("a farmer", "农民"),
    Occupation.PARENT_AT_HOME: ("a parent at home", "居家带娃的家长"),
    Occupation.RETIRED: ("a retired person", "退休人员"),
}
_UNKNOWN = ("somebody", "买家")
NO_CONTACT = {
    NoContactCode.STOPPED: (
        "Outbound contact has ended by a stop signal; only the buyer can come back.",
        "已触发停止联系，除非买家主动联系，不再外呼。",
    ),
    NoContactCode.CAPS_EXHAUSTED: (
        "Every channel has reached a cap that lasts beyond the contact window.",
        "各渠道联系次数均已达上限，联系期内不再联系。",
    ),
    NoContactCode.WAITING_FOR_BUYER: (
        "Messages stand unanswered and no other channel is open; wait for the buyer to answer.",
        "消息未获回复且无其他渠道可用，请等待买家回复。",
    ),
    NoContactCode.NO_CHANNEL: (
        "There is no number that can be called or texted and no messenger; enter a phone or find another way.",
        "没有可用的电话、短信或消息渠道，请补充联系方式。",
    ),
    NoContactCode.WINDOW_ENDED: (
        "The contact window of this review has ended.",
        "该评价的联系期限已过。",
    ),
    NoContactCode.NOBODY_AT_DESK: (
        "In every hour that suits the buyer nobody is at the desk; change the shift or the shop's hours.",
        "适合联系买家的时段内无人值班，请调整班次或营业时间。",
    ),
    NoContactCode.AGENT_NEVER_THERE: (
        "In every hour that suits the buyer its agent is off shift; it goes to somebody whose shift fits.",
        "适合联系买家的时段内负责客服都不当班，将转给班次合适的同事。",
    ),
    NoContactCode.NO_SLOT: (
        "No hour that suits the buyer is left before the contact window ends.",
        "联系期结束前已没有适合联系买家的时段。",
    ),
}


def plan_sentences(
    channel: Channel, basis: ContactBasis, due: datetime, slot: Slot, zone: LifeZone, held: Held, subject: str
) -> tuple[str, str]:
    """The sentence in English and in Chinese."""
    local, beijing = due.astimezone(zone.tz), due.astimezone(BEIJING)
    # Life time is what the windows speak of; the agent's clock shows Beijing time.
    far = (
        (f" ({beijing:%H:%M} Beijing time)", f"（北京时间{beijing:%H:%M}）")
        if local.time() != beijing.time()
        else ("", "")
    )
    english, chinese = _because(basis, slot, subject)
    waited = (f", and not earlier because of {held.why}", "，此前受联系频次限制") if held.why else ("", "")
    moved = _moved(held.moved, zone) if held.moved else ("", "")
    verb, verb_zh = _VERBS[channel]
    return (
        f"{verb} on {local:%Y-%m-%d} at {local:%H:%M} life time{far[0]}, attempt {held.attempt_number}, "
        f"because {english}{waited[0]}{moved[0]}.",
        f"当地时间{local:%Y-%m-%d %H:%M}{far[1]}{verb_zh}（第{held.attempt_number}次）："
        f"{chinese}{waited[1]}{moved[1]}。",
    )


def _moved(moved: Moved, zone: LifeZone) -> tuple[str, str]:
    wanted = moved.wanted.astimezone(zone.tz)
    return (
        f", moved from {wanted:%H:%M}, when {moved.others} other contacts keep the desk busy",
        f"，{wanted:%H:%M}前后已排{moved.others}个联系、人手已满，故错开",
    )


def _because(basis: ContactBasis, slot: Slot, subject: str) -> tuple[str, str]:
    day, day_zh = _DAYS[slot.day.kind]
    match basis:
        case ContactBasis.STATED_PREFERENCE:
            return "the buyer asked for this time", "买家指定了这个时间"
        case ContactBasis.PRESENCE:
            return "the buyer is online now and can amend during the talk", "买家正在线，可边沟通边修改"
        case ContactBasis.OCCUPATION:
            who, who_zh = _WORK.get(Occupation(subject), _UNKNOWN)
            return f"{who} is free {slot.window} on {day}", f"{who_zh}{day_zh}{slot.window}较方便"
        case ContactBasis.WORK_PHONE:
            place, place_zh = _PLACES[AddressType(subject)]
            return (
                f"a landline at {place} is answered {slot.window} on {day}",
                f"{place_zh}座机{day_zh}{slot.window}有人接听",
            )
        case ContactBasis.ADDRESS_TYPE:
            place, place_zh = _PLACES[AddressType(subject)]
            return (
                f"the address names {place}, where people are free {slot.window} on {day}",
                f"收货地址为{place_zh}，{day_zh}{slot.window}较方便",
            )
        case ContactBasis.GENERAL:
            return f"most buyers are free {slot.window} on {day}", f"一般买家{day_zh}{slot.window}较方便"


def plan_warnings(
    slot: Slot, zone: LifeZone, basis: ContactBasis, stated: bool, *, crowded: bool = False
) -> tuple[str, ...]:
    """What a person should know before trusting the plan."""
    warnings = []
    if crowded:
        warnings.append("More contacts are planned into this window than the agents on shift can handle.")
    if not slot.day.certain:
        warnings.append(
            f"The published calendar does not reach {slot.day.date}: weekdays are assumed. "
            "Add the State Council's notice to the calendar overrides."
        )
    if stated and basis is not ContactBasis.STATED_PREFERENCE:
        warnings.append("The time that the buyer asked for cannot be kept inside hours, caps and desk.")
    if zone.name in _OTHER_CALENDARS:
        warnings.append(f"Public holidays of {zone.name} differ from the mainland calendar that was used.")
    return tuple(warnings)


_OTHER_CALENDARS = frozenset({"Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei"})
