"""Who goes first: the engine hands out work by these, 1 before 5. Children inherit, so each is set explicitly."""

from temporalio.common import Priority

URGENT = Priority(priority_key=1)  # agents' steps and the marketplaces' deadlines
CASES = Priority(priority_key=3)
INTAKE = Priority(priority_key=5)
