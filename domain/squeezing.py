"""A text without what hides words in it."""

import unicodedata


def squeezed(text: str) -> str:
    """Letters and digits only, in one width and case: what is left when somebody writes 好 评*返-现."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if unicodedata.category(sign)[0] in "LN")
