"""The buyer's own account: what is one, and which wallet pays it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.offers import OfferForm
from domain.payees import PayeeKind, PayeeUnfit, check_account, check_kind, fits

OPENID = "o-MYE42l80oelYMDE34nYD456Xoy"
GOOD = [
    ("ALIPAY_LOGON_ID", "13800138000", "陈晓"),
    ("ALIPAY_LOGON_ID", "chen@example.com", "陈晓"),
    ("ALIPAY_USER_ID", "2088123412341234", None),
    ("ALIPAY_OPEN_ID", "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5", None),
    ("WECHAT_OPENID", OPENID, None),
]


@pytest.mark.parametrize(("kind", "account", "name"), GOOD)
def test_an_account_of_each_kind_is_taken(kind: str, account: str, name: str | None) -> None:
    check_account(kind, account, name)


@pytest.mark.parametrize(
    ("kind", "account", "name", "why"),
    [
        ("PAYPAL", "chen@example.com", "陈晓", "kind"),
        ("ALIPAY_LOGON_ID", "138****8000", "陈晓", "masked"),
        ("ALIPAY_LOGON_ID", OPENID, "陈晓", "shape"),
        ("ALIPAY_LOGON_ID", "chen@example.com", " ", "name"),
        ("ALIPAY_USER_ID", "13800138000", None, "shape"),
        ("WECHAT_OPENID", "13800138000", None, "shape"),
        ("WECHAT_OPENID", "chen@example.com", None, "shape"),
        ("WECHAT_OPENID", "", None, "shape"),
    ],
)
def test_what_cannot_be_such_an_account_is_refused_by_name(kind: str, account: str, name: str | None, why: str) -> None:
    with pytest.raises(PayeeUnfit) as refused:
        check_account(kind, account, name)
    assert refused.value.facts["why"] == why


@given(kind=st.sampled_from(PayeeKind), account=st.text(min_size=4).map(lambda text: f"!{text}"))
def test_the_refusal_never_repeats_the_account(kind: str, account: str) -> None:
    with pytest.raises(PayeeUnfit) as refused:
        check_account(kind, account, None)
    assert account not in refused.value.message


def test_each_wallet_pays_its_own_kinds_only() -> None:
    assert fits(OfferForm.CASH_ALIPAY, "ALIPAY_USER_ID")
    assert not fits(OfferForm.CASH_ALIPAY, "WECHAT_OPENID")
    assert not fits(OfferForm.GIFT_PARCEL, "WECHAT_OPENID")
    with pytest.raises(PayeeUnfit, match="WECHAT_OPENID"):
        check_kind(OfferForm.CASH_WECHAT, "ALIPAY_LOGON_ID")
