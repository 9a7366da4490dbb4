"""Turning a step's body into the step: what a person typed is sealed first, and only its reference goes on."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from api.callers import Caller
from api.errors import NotFound
from api.house import House
from api.step_bodies import STEPS, ParcelBody, PayeeBody, StepBody, WaybillBody, plain, references_of
from db.buyers import keep_payee, set_phone
from db.parcels import Arrived, enter_parcel
from db.reads.reviews import buyer_of
from db.refunds import OUT, keep_shipment, shipment_of
from db.sealed_texts import drop_texts, seal_text
from db.tables.cases import CaseFile
from domain.sealed import ParcelRef, PayeeRef, PhoneRef, SealedRef, ShipmentRef
from domain.step import Step
from domain.waybills import normal

# Ids of sealed texts follow from the update's id, so a repeated request seals nothing twice.
_TEXTS = UUID("5f0a3f0e-6a0b-4c52-9d0e-6a6f6e646d65")
# These change a buyer's row or make rows of their own, so who may not take the step must not get that far.
TOUCH_ROWS = frozenset({PayeeRef, PhoneRef, ParcelRef, ShipmentRef})


@dataclass(frozen=True)
class SealedStep:
    step: Step
    texts: list[UUID]


def text_id(update_id: str, field: str) -> UUID:
    return uuid5(_TEXTS, f"{update_id}:{field}")


def touches_rows(body: StepBody) -> bool:
    return bool(TOUCH_ROWS & set(references_of(STEPS[body.step_name]).values()))


async def seal_step(house: House, caller: Caller, row: CaseFile, body: StepBody, update_id: str) -> SealedStep:
    """Seal everything in one transaction, committed before the update is sent."""
    kind = STEPS[body.step_name]
    references = {name: ref for name, ref in references_of(kind).items() if getattr(body, name) is not None}
    sealed: dict[str, Any] = {}
    if references:
        # One text is one statement, which needs no transaction around it.
        one_text = list(references.values()) == [SealedRef]
        async with house.reads() if one_text else house.sessions.begin() as session:
            for name, reference in references.items():
                value = getattr(body, name)
                if reference is SealedRef:
                    text_kind, id = f"{body.step_name}.{name}", text_id(update_id, name)
                    sealed[name] = await seal_text(session, text_kind, value, house.now(), id)
                elif isinstance(value, ParcelBody | WaybillBody):
                    sealed[name] = await _of_goods(session, house, caller, row, value)
                else:
                    sealed[name] = await _of_buyer(session, house, caller, row, value)
    step = kind.model_validate(plain(body) | sealed)
    return SealedStep(step, [text_id(update_id, name) for name, ref in references.items() if ref is SealedRef])


async def unseal(house: House, sealed: SealedStep) -> None:
    """Drop the texts of a step that was refused: nothing will ever refer to them."""
    if sealed.texts:
        async with house.sessions.begin() as session:
            await drop_texts(session, sealed.texts)


async def _of_buyer(
    session: AsyncSession, house: House, caller: Caller, row: CaseFile, value: PayeeBody | str
) -> PayeeRef | PhoneRef:
    buyer = await buyer_of(session, row.source_row)
    if buyer is None:
        raise NotFound(f"Case {row.number} has no buyer to enter this for.")
    if isinstance(value, str):
        return await set_phone(session, house.ring, buyer, value)
    return await keep_payee(
        session, house.ring, buyer, value.kind, value.account, value.name, str(caller.person), house.now()
    )


async def _of_goods(
    session: AsyncSession, house: House, caller: Caller, row: CaseFile, value: ParcelBody | WaybillBody
) -> ParcelRef | ShipmentRef:
    """Raises BadWaybill. A step that is sent again finds the row that was made before by its waybill."""
    if isinstance(value, WaybillBody):
        waybill = normal(value.waybill)
        shipment = await keep_shipment(
            session, house.ring, row.source_row, OUT, value.courier, waybill, house.now(), str(caller.person)
        )
        known = shipment or await shipment_of(session, house.ring, row.source_row, OUT, waybill)
        return ShipmentRef(id=str(known))
    if value.id is not None:
        return ParcelRef(id=str(value.id))
    arrived = Arrived(row.shop, value.courier, value.waybill, value.note, caller.person)
    return ParcelRef(id=str((await enter_parcel(session, house.ring, arrived, house.now())).id))
