"""What every step of a review case is; the steps themselves stand in steps.py and in a module per concern."""

from domain.step import Step as Step
