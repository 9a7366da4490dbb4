"""What every step of a review case is; the steps themselves stand in steps.py and in a module per concern."""

from pydantic import BaseModel, ConfigDict


class Step(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
