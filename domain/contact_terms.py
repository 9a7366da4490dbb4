"""The closed lists of words that contact policy and contact rules share."""

from enum import StrEnum


class Channel(StrEnum):
    """How we reach a buyer."""

    CALL = "call"
    SMS = "sms"
    IM = "im"


class ContactPurpose(StrEnum):
    """Why we reach out; policy exempts some purposes from stops and caps, none from the hours."""

    CASE_TALK = "case_talk"
    FOLLOW_UP = "follow_up"
    PAYMENT_NOTICE = "payment_notice"


class AddressType(StrEnum):
    """What kind of place a delivery address names."""

    PICKUP_POINT = "pickup_point"
    SCHOOL = "school"
    FACTORY = "factory"
    SHOP = "shop"
    HOTEL = "hotel"
    RESIDENTIAL = "residential"
    HOSPITAL = "hospital"
    GOVERNMENT = "government"
    OFFICE = "office"
    VILLAGE = "village"
    UNKNOWN = "unknown"


class Occupation(StrEnum):
    """A buyer's work as an agent or the shop's data states it."""

    OFFICE_WORKER = "office_worker"
    TEACHER = "teacher"
    STUDENT = "student"
    DOCTOR_NURSE = "doctor_nurse"
    CIVIL_SERVANT = "civil_servant"
    FACTORY_WORKER = "factory_worker"
    NIGHT_SHIFT = "night_shift"
    SHOPKEEPER = "shopkeeper"
    DRIVER_COURIER = "driver_courier"
    FARMER = "farmer"
    PARENT_AT_HOME = "parent_at_home"
    RETIRED = "retired"


class PhoneKind(StrEnum):
    """What a number allows: policy says per kind whether it takes calls and SMS."""

    MOBILE = "mobile"
    PRIVACY_EXT = "privacy_ext"
    FIXED_LINE = "fixed_line"
    SHARED_COST = "shared_cost"
    MASKED = "masked"
    FOREIGN = "foreign"
    INVALID = "invalid"


class CallResult(StrEnum):
    """What became of a dialled call; of a written message only that it was sent, answered or could not be sent."""

    SENT = "sent"
    CONNECTED = "connected"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    SHORT_HANGUP = "short_hangup"
    INVALID_NUMBER = "invalid_number"
    SUSPENDED = "suspended"
    NETWORK_FAILURE = "network_failure"
    WRONG_PERSON = "wrong_person"


class TalkOutcome(StrEnum):
    """How a talk ended, in the agent's judgement."""

    AGREED_AMEND = "agreed_amend"
    AGREED_LATER = "agreed_later"
    WANTS_REFUND = "wants_refund"
    WANTS_EXCHANGE = "wants_exchange"
    WANTS_REDELIVERY = "wants_redelivery"
    UNDECIDED = "undecided"
    REFUSED_POLITELY = "refused_politely"
    REFUSED_FIRMLY = "refused_firmly"
    ABUSIVE = "abusive"
    EXTORTION_SUSPECTED = "extortion_suspected"
    CANNOT_TALK_NOW = "cannot_talk_now"
    VOICE_MAIL = "voice_mail"


class StopSignal(StrEnum):
    """What ends outbound contact at once, on every channel."""

    BUYER_OPT_OUT = "buyer_opt_out"
    REFUSED_FIRMLY = "refused_firmly"
    THREAT_OF_COMPLAINT = "threat_of_complaint_for_harassment"
    PLATFORM_DISPUTE = "platform_dispute_opened"


class NextMove(StrEnum):
    """What follows a call or a talk."""

    BY_OUTCOME = "by_outcome"
    RETRY_SAME_WINDOW = "retry_same_window"
    NEXT_WINDOW = "next_window"
    NEXT_DAY_OTHER_WINDOW = "next_day_other_window"
    AFTER_GAP = "after_gap"
    SWITCH_CHANNEL = "switch_channel"
    AT_AGREED_TIME = "at_agreed_time"
    AWAIT_AMENDMENT = "await_amendment"
    OFFER_REMEDY = "offer_remedy"
    SUPERVISOR_DECIDES = "supervisor_decides"
    END_CONTACT = "end_contact"


class PhoneMark(StrEnum):
    """What a call taught us about the number itself."""

    INVALID = "invalid"
    WRONG = "wrong"


class ContactBasis(StrEnum):
    """Which knowledge about the buyer chose the hour, strongest first."""

    STATED_PREFERENCE = "stated_preference"
    PRESENCE = "presence"
    OCCUPATION = "occupation"
    WORK_PHONE = "work_phone"
    ADDRESS_TYPE = "address_type"
    GENERAL = "general"


class NoContactCode(StrEnum):
    """Why no contact can be planned."""

    STOPPED = "stopped"
    CAPS_EXHAUSTED = "caps_exhausted"
    WAITING_FOR_BUYER = "waiting_for_buyer"
    NO_CHANNEL = "no_channel"
    WINDOW_ENDED = "window_ended"
    NOBODY_AT_DESK = "nobody_at_desk"
    AGENT_NEVER_THERE = "agent_never_there"
    NO_SLOT = "no_slot"


# Shifts can be changed tomorrow; every other reason for no contact stays until something happens.
NOBODY_THERE = frozenset({NoContactCode.NOBODY_AT_DESK, NoContactCode.AGENT_NEVER_THERE})


class CapName(StrEnum):
    """The caps, cool-downs and limits that can hold a contact back."""

    STOPPED = "stopped"
    OUTSIDE_HOURS = "outside_hours"
    QUIET_DAY = "quiet_day"
    COOL_DOWN = "cool_down"
    CALLS_PER_DAY = "call_attempts_per_day"
    CALLS_TOTAL = "call_attempts_total"
    CONNECTED_CALLS_TOTAL = "connected_calls_total"
    TECHNICAL_RETRIES = "max_technical_retries"
    SMS_TOTAL = "sms_total"
    IM_PER_DAY = "im_messages_per_day"
    IM_UNANSWERED = "im_unanswered_in_a_row"
    ASKS_TO_AMEND = "asks_to_amend_total"
    BUYER_CALLS_PER_WEEK = "buyer_call_attempts_per_7_days"
    BUYER_TOUCHES_PER_WEEK = "buyer_touches_per_7_days"
