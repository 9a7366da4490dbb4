"""What the warehouse says it found, held against the shop's causes: whether it can be, and what follows."""

from domain.policies.causes import Inspection as Result
from domain.refund_case.goods import REFUND
from domain.refund_case.goods_steps import Inspect
from domain.step_refusals import StepRefused


class CountsContradict(StepRefused):
    """The result says that the goods are in order, and the counts say otherwise."""

    code = "CountsContradict"


class ResaleContradicts(StepRefused):
    """The result itself says whether the goods can be sold again."""

    code = "ResaleContradicts"


def judge(step: Inspect, result: Result) -> bool | None:
    """Whether the goods can be sold again (S002): as the shop's causes say, else as the inspector does; None while
    nobody can tell. Raises CountsContradict or ResaleContradicts."""
    lacking = step.damaged + step.missing + step.wrong
    in_order = result.next == REFUND and result.resellable
    if in_order and lacking:
        raise CountsContradict(
            f"{step.result!r} means that every piece is in order, and {lacking} are not; choose the result that fits "
            "what is wrong.",
            lacking=lacking,
        )
    if step.resellable is not None and result.resellable not in (None, step.resellable):
        raise ResaleContradicts(
            f"{step.result!r} says that the goods can{'' if result.resellable else ' not'} be sold again; choose "
            "another result, or leave the answer out.",
            result=step.result,
        )
    return result.resellable if step.resellable is None else step.resellable
