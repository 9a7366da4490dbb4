"""What every step of a case is; the steps themselves stand with the kind of case that they advance."""

from pydantic import BaseModel, ConfigDict


class Step(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
