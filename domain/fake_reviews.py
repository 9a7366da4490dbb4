"""Fake reviews are no remedy (S001): nobody proposes, promises or grants them here, and no text that goes out speaks of
them."""

from domain.errors import Refusal
from domain.policies.wording import Wording
from domain.squeezing import squeezed


class FakeReviewForbidden(Refusal):
    """Reviews by people who bought nothing, or are paid for them, repair nothing and are forbidden by law."""

    code = "FakeReviewForbidden"


def forbid_fake_reviews(text: str, wording: Wording) -> None:
    """For the words of what is to be done about a review. Punctuation and spaces hide nothing. Raises
    FakeReviewForbidden."""
    plain = squeezed(text)
    found = next((phrase for phrase in wording.fake_reviews if squeezed(phrase) in plain), None)
    if found is not None:
        raise FakeReviewForbidden(
            f"{found!r}: fake reviews are no remedy, and forbidden (反不正当竞争法 art. 9). Repair the problem, "
            "explain, or answer in public instead.",
            found=found,
        )
