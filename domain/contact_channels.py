"""In which order the channels to a buyer are tried."""

from domain.contact_history import ContactHistory
from domain.contact_outcomes import next_move
from domain.contact_request import ContactRequest
from domain.contact_terms import CallResult, Channel, NextMove
from domain.policies.contact import ContactPolicy


def channels(request: ContactRequest, history: ContactHistory, policy: ContactPolicy) -> list[Channel]:
    """Available channels, best first: the wish, what suits the place, the month's ladder, then phone before text.

    In a surge the phone comes first, and what is written only where no call can be made any more. After a call that
    said "switch", and on a line that failed a whole day's retries, the phone comes last.
    """
    order = [channel for channel in _wishes(request, policy) if _available(channel, request, policy)]
    if Channel.CALL not in order:
        return order
    written = [channel for channel in order if channel is not Channel.CALL]
    if _phone_is_no_way(request.case, history, policy):
        return [*written, Channel.CALL]
    return [Channel.CALL, *written] if request.surge else order


def _wishes(request: ContactRequest, policy: ContactPolicy) -> list[Channel]:
    suits = policy.hours_at(request.address_type).first_channel if request.attempt_number <= 1 else None
    # Who names a time expects to be called.
    rung = None if request.appointment(policy) else policy.persistence.step(request.attempt_number).channel
    wishes = (request.preferred_channel, suits, rung, Channel.CALL, Channel.IM, Channel.SMS)
    return list(dict.fromkeys(channel for channel in wishes if channel))


def _available(channel: Channel, request: ContactRequest, policy: ContactPolicy) -> bool:
    use = policy.phones[request.phone]
    match channel:
        case Channel.CALL:
            return use.call
        case Channel.SMS:
            return use.sms or request.sms_by_platform
        case Channel.IM:
            return request.im_available


def _phone_is_no_way(case: str, history: ContactHistory, policy: ContactPolicy) -> bool:
    calls = [touch for touch in history.made_in(case) if touch.channel is Channel.CALL]
    if not calls:
        return False
    tries = policy.calls.max_technical_retries + 1
    dead = len(calls) >= tries and all(call.result is CallResult.NETWORK_FAILURE for call in calls[-tries:])
    return dead or next_move(calls[-1].result, calls[-1].talk, policy) is NextMove.SWITCH_CHANNEL
