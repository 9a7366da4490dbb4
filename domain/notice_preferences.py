"""What a person wants to be told over which channel, and when."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.notice_channels import ChannelKind
from domain.policies.notices import Urgency
from domain.quiet_hours import QuietHours, QuietWindow

Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


class When(StrEnum):
    """AT_ONCE within seconds, outside of quiet hours; DIGEST gathered, in working hours; IN_APP in the list only."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    IN_APP = "in_app"


class Rule(BaseModel):
    """Of several rules the first that fits counts. No `kinds`: all of them; no `urgency`: either; no `channels`: all
    that the person has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[Kind, ...] = Field(default=(), max_length=50)
    urgency: Urgency | None = None
    channels: tuple[ChannelKind, ...] = Field(default=(), max_length=len(ChannelKind))
    when: When

    def fits(self, kind: str, urgency: Urgency) -> bool:
        return (not self.kinds or kind in self.kinds) and self.urgency in (None, urgency)

    def takes(self, channel: ChannelKind) -> bool:
        return self.when is not When.IN_APP and (not self.channels or channel in self.channels)


# Whoever has said nothing: what is urgent comes at once, the rest with the digest; the night is quiet.
DEFAULT_RULES = (Rule(urgency=Urgency.URGENT, when=When.AT_ONCE), Rule(when=When.DIGEST))
NIGHT = QuietHours.model_validate({"windows": [QuietWindow.model_validate({"start": "22:00", "end": "08:00"})]})


class Preferences(BaseModel):
    """What no rule fits is in the app only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quiet: QuietHours = NIGHT
    rules: tuple[Rule, ...] = Field(default=DEFAULT_RULES, max_length=40)

    def rule(self, kind: str, urgency: Urgency) -> Rule:
        fitting = (rule for rule in self.rules if rule.fits(kind, urgency))
        return next(fitting, Rule(when=When.IN_APP))


def chosen[C](rule: Rule, mine: Mapping[C, ChannelKind]) -> list[C]:
    """Those of the person's channels that a rule takes, in the order given."""
    return [channel for channel, kind in mine.items() if rule.takes(kind)]
