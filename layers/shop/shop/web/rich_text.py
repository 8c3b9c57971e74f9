"""Descriptions with markup, cleaned to what a mini-program's `rich-text` can show safely.

The cleaning is `nh3`'s (the Rust library ammonia): an allow list of elements and attributes,
addresses by HTTPS only, everything else dropped, scripts and styles with their content.
"""

import nh3

# fmt: off
_TAGS = {
    "b", "blockquote", "br", "em", "h1", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p", "s",
    "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}
# fmt: on
_ATTRIBUTES = {
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}


def cleaned(html: str) -> str:
    """The description as it is kept; cleaning it again changes nothing."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https"},
        link_rel=None,
        strip_comments=True,
    )
