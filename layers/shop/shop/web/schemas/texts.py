"""Free text in request bodies."""

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
        message = "contains characters that are not text"
        raise ValidationError(errors=[{"field": f"$.{field}", "message": message}]) from bad
    if not kept:
        raise ValidationError(errors=[{"field": f"$.{field}", "message": "is empty"}])
    return kept
