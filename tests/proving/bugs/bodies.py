"""What a request may hold."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "a text is taken for a number",
        f"{SHOP}/web/body.py",
        "convert",
        "msgspec.convert(value, shape, strict=True)",
        "msgspec.convert(value, shape, strict=False)",
        ("R11",),
        cases=("bounds",),
    ),
    SeededBug(
        "an unknown field is passed over",
        f"{SHOP}/web/body.py",
        "convert",
        "msgspec.convert(value, shape, strict=True)",
        "msgspec.convert({name: value[name] for name in shape.__struct_fields__ if name in value}"
        " if isinstance(value, dict) and hasattr(shape, '__struct_fields__') else value,"
        " shape, strict=True)",
        ("R11",),
        cases=("bounds",),
    ),
    SeededBug(
        "what does not fit is an error of ours",
        f"{SHOP}/web/body.py",
        "convert",
        "raise ValidationError(errors=[_field_error(str(bad))]) from bad",
        "raise",
        ("R11",),
        cases=("bounds",),
    ),
    SeededBug(
        "of a field that stands twice the last counts",
        f"{SHOP}/web/body.py",
        "_unique",
        "len(made) != len(pairs)",
        "False",
        ("R11",),
        cases=("bounds",),
    ),
)
