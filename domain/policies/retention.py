"""How long what tells of a buyer is kept, and what is left of it afterwards."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from domain.policies.documents import PolicyDocument

# Ours: a month in the sense of retention. A few hours more or less change nothing for anybody.
MONTH = timedelta(days=30)


class Forget(StrEnum):
    """ANONYMISE takes names, numbers, addresses and words, and leaves the keyed index by which a person who said stop
    is known again. ERASE takes that index too."""

    ANONYMISE = "anonymise"
    ERASE = "erase"


class RetentionPolicy(PolicyDocument):
    """The document `retention`. Days and months count from the close of a case; `evidence_months` is for cases that
    hold evidence of malice. A legal hold beats both."""

    days_after_close: int = Field(ge=1, le=3650)
    evidence_months: int = Field(ge=1, le=120)
    forget: Forget

    def closed_before(self, now: datetime) -> datetime:
        """Cases that closed earlier are due."""
        return now - timedelta(days=self.days_after_close)

    def evidence_before(self, now: datetime) -> datetime:
        return now - MONTH * self.evidence_months
