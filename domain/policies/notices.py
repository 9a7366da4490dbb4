"""What is told to the staff: how pressing it is, in which words, and when it is quiet."""

from enum import StrEnum

from pydantic import Field

from domain.policies.documents import PolicyDocument


class Urgency(StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"


class NoticesPolicy(PolicyDocument):
    """The document `notices`.

    `urgent` says from which level of its ladder on a kind is urgent; a kind that is not named never is. `words` are
    short sentences by kind, `otherwise` is for a kind without words. `fail_minutes` is how long a channel may fail
    before administrators hear of it, `give_up_hours` how long a message is tried.
    """

    urgent_passes_quiet_hours: bool
    fail_minutes: int = Field(ge=1, le=1440)
    give_up_hours: int = Field(ge=1, le=168)
    urgent: dict[str, int]
    otherwise: str = Field(min_length=1, max_length=200)
    words: dict[str, str]

    def urgency(self, kind: str, level: int) -> Urgency:
        least = self.urgent.get(kind)
        return Urgency.URGENT if least is not None and level >= least else Urgency.NORMAL

    def said(self, kind: str) -> str:
        return self.words.get(kind, self.otherwise)
