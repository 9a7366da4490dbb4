"""What a call's result and a talk's outcome lead to, and how a buyer says stop."""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from domain.contact_terms import CallResult, Channel, NextMove, PhoneMark, StopSignal, TalkOutcome
from domain.policies.contact import CallRule, ContactPolicy, TalkRule, shipped_contact_policy

__all__ = [
    "CallResult",
    "Consequence",
    "NextMove",
    "PhoneMark",
    "StopSignal",
    "TalkOutcome",
    "call_result",
    "consequence",
    "from_release_cause",
    "is_opt_out",
    "next_move",
]


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows a contact. `counts` says whether it uses up caps; `gap` keeps the contact's own
    channel silent, and `gap_channels`."""

    counts: bool
    next: NextMove
    stop: StopSignal | None = None
    gap: timedelta = timedelta()
    gap_channels: tuple[Channel, ...] = ()
    mark_phone: PhoneMark | None = None

    @property
    def switch_channel(self) -> bool:
        return self.next is NextMove.SWITCH_CHANNEL


def from_release_cause(code: int, policy: ContactPolicy | None = None) -> CallResult:
    """The result for a release cause of the number platform (ISUP causes, as TOP's call.release push sends them).

    A cause nobody listed is taken for an unanswered call, which counts: a fault of ours must never mean more calls.
    """
    return (policy or shipped_contact_policy()).causes.get(code, CallResult.NO_ANSWER)


def call_result(code: int, talk_seconds: int, policy: ContactPolicy) -> CallResult:
    """Like `from_release_cause`, but a connection of a few seconds is a hang-up."""
    result = from_release_cause(code, policy)
    short = talk_seconds < policy.calls.short_hangup_below_seconds
    return CallResult.SHORT_HANGUP if result is CallResult.CONNECTED and short else result


def consequence(result: CallResult, talk: TalkOutcome | None, policy: ContactPolicy) -> Consequence:
    """The outcome of the talk decides where the buyer was reached; else the result of the call."""
    call = policy.call_results[result]
    if talk is not None and call.next is NextMove.BY_OUTCOME:
        return _of_talk(call, policy.talk_outcomes[talk])
    return Consequence(
        counts=call.counts,
        next=call.next,
        gap=timedelta(minutes=call.gap_minutes),
        gap_channels=call.gap_channels,
        mark_phone=call.mark_phone,
    )


def next_move(result: CallResult | None, talk: TalkOutcome | None, policy: ContactPolicy) -> NextMove | None:
    """What a touch of the history asks for next; nothing where no result is known."""
    return consequence(result, talk, policy).next if result else None


def _of_talk(call: CallRule, talk: TalkRule) -> Consequence:
    return Consequence(
        counts=call.counts,
        next=talk.next,
        stop=talk.stop,
        gap=timedelta(minutes=talk.gap_minutes),
        gap_channels=talk.gap_channels,
        mark_phone=call.mark_phone,
    )


def is_opt_out(text: str, policy: ContactPolicy) -> bool:
    """Whether a buyer's message asks us to stop.

    Latin words count only as the whole message ("T", "td."), Chinese ones anywhere in it. Too early a stop costs an
    amendment, too late a one is harassment.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isalnum())
    words = (word.upper() for word in policy.stops.opt_out_words)
    return any(plain == word if word.isascii() else word in plain for word in words)
