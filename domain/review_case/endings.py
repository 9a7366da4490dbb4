"""What happens around a case's end, as parts of its state: merged into another case, and visited once more."""

from datetime import datetime

from pydantic import BaseModel


class Merged(BaseModel):
    """Where the case went. `workflow` is the other case's; `told` says that it heard of it."""

    into: str
    workflow: str
    by: str
    at: datetime
    told: bool = False
