"""Free text in request bodies, and how a wrong field is named."""

from shop.errors import ValidationError
from shop.web.body import clean_text


def tidy(field: str, text: str) -> str:
    """The text as it is kept: NFC, trimmed, and not empty.

    Args:
        field: Named in the error.
        text: As sent.

    Raises:
        ValidationError: Empty, or a character in it is not text.
    """
    try:
        kept = clean_text(text)
    except ValidationError as bad:
        raise wrong(field, "contains characters that are not text") from bad
    if not kept:
        raise wrong(field, "is empty")
    return kept


def wrong(field: str, message: str) -> ValidationError:
    """The refusal that names one field of the body."""
    return ValidationError(errors=[{"field": f"$.{field}", "message": message}])
