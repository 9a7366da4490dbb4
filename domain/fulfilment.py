"""How each form of amends reaches the buyer: by a wallet, by the marketplace's coupon api, or by a person's hand.

The payout's workflow branches on this and on nothing else; a new form is one line here.
"""

from collections.abc import Mapping
from enum import StrEnum

from domain.policies.compensation import OfferForm


class Fulfilment(StrEnum):
    WALLET = "wallet"
    COUPON_API = "coupon_api"
    BY_HAND = "by_hand"


FULFILMENT: Mapping[OfferForm, Fulfilment] = {
    OfferForm.CASH_ALIPAY: Fulfilment.WALLET,
    OfferForm.CASH_WECHAT: Fulfilment.WALLET,
    OfferForm.COUPON_THRESHOLD: Fulfilment.COUPON_API,
    OfferForm.COUPON_DIRECT: Fulfilment.COUPON_API,
    OfferForm.PLATFORM_SMALL_PAYMENT: Fulfilment.BY_HAND,
    OfferForm.RED_PACKET: Fulfilment.BY_HAND,
    OfferForm.FREE_NEXT_POSTAGE: Fulfilment.BY_HAND,
    OfferForm.MEMBER_LEVEL_UP: Fulfilment.BY_HAND,
    OfferForm.GIFT_PARCEL: Fulfilment.BY_HAND,
    OfferForm.EXCHANGE_FREE: Fulfilment.BY_HAND,
    OfferForm.PARTIAL_REFUND: Fulfilment.BY_HAND,
}


def fulfilled_by(form: OfferForm, *, coupon_api: bool = True) -> Fulfilment:
    """Where the marketplace has no api for coupons, a person gives them by hand."""
    way = FULFILMENT[form]
    return Fulfilment.BY_HAND if way is Fulfilment.COUPON_API and not coupon_api else way


def in_faces(form: OfferForm) -> bool:
    """Whether it is worth one of the face values that the policy lists."""
    return FULFILMENT[form] is Fulfilment.COUPON_API


def needs_payee(form: OfferForm) -> bool:
    """Whether it goes to an account that the buyer has to name. Everything else goes to the order's buyer as the
    marketplace knows them."""
    return FULFILMENT[form] is Fulfilment.WALLET


def needs_address(form: OfferForm) -> bool:
    """Whether a parcel goes to the buyer."""
    return form in {OfferForm.GIFT_PARCEL, OfferForm.EXCHANGE_FREE}


def is_money(form: OfferForm) -> bool:
    """Whether the buyer gets money, so that the last notice may say so."""
    by_people = {OfferForm.PLATFORM_SMALL_PAYMENT, OfferForm.RED_PACKET, OfferForm.PARTIAL_REFUND}
    return FULFILMENT[form] is Fulfilment.WALLET or form in by_people


class WalletName(StrEnum):
    ALIPAY = "alipay"
    WECHAT = "wechat"


WALLETS: Mapping[OfferForm, WalletName] = {
    OfferForm.CASH_ALIPAY: WalletName.ALIPAY,
    OfferForm.CASH_WECHAT: WalletName.WECHAT,
}


def account_of(form: OfferForm) -> str:
    """The ledger account that the value leaves."""
    wallet = WALLETS.get(form)
    return f"wallet:{wallet}" if wallet else f"given:{form}"
