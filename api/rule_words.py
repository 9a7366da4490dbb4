"""A rule is read by everybody and outlives the buyer's data, so nothing of a buyer may stand in it."""

from api.house import House
from api.step_bodies import StepBody
from db.reads.unmasked import buyer_and_order
from db.tables.cases import CaseFile
from domain.disputes.steps import AnswerQuestion
from domain.errors import Refusal
from domain.gate import GateMode
from domain.wording import lint

STEP = str(AnswerQuestion.model_fields["step"].default)
TELLS = frozenset({"buyer_data", "phone", "account", "address", "order_number"})


class RuleTellsOfBuyer(Refusal):
    """The words of a rule would tell who the buyer was."""

    code = "RuleTellsOfBuyer"


async def check_rule_words(house: House, row: CaseFile, body: StepBody) -> None:
    """Raises RuleTellsOfBuyer. What was found is not repeated: the refusal is kept, and so would be the buyer's data.
    Every other step passes."""
    rule = getattr(body, "rule", None) if body.step_name == STEP else None
    if rule is None:
        return
    async with house.reads() as session:
        texts, _ = await house.policies.texts(session, row.shop)
        buyer, _ = await buyer_and_order(session, row)
    own = (buyer.nick, buyer.name, buyer.phone) if buyer else ()
    problems = lint(rule, texts.wording, GateMode.ON_RESOLUTION, public=True, private=[word for word in own if word])
    told = sorted({one.code for one in problems if one.code in TELLS})
    if told:
        raise RuleTellsOfBuyer(
            f"A rule is read by everybody: leave out what tells of this buyer ({', '.join(told)}), or send no rule.",
            found=told,
        )
