"""The index file: its tables, and how their text is marked.

Product rows are numbered in the order in which equal matches are shown, so that the best ones come
first from the index and a page is found without sorting. Full text is kept without positions and
without the text itself (`detail=column`, contentless), which halves the file.
"""

FORMAT = "1"
"""Part of every version's name: another layout or splitting is another version."""

TABLES = """
CREATE TABLE docs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    subtitle TEXT NOT NULL,
    image TEXT NOT NULL,
    min_price INTEGER NOT NULL,
    max_price INTEGER NOT NULL,
    list_price INTEGER NOT NULL,
    sold INTEGER NOT NULL,
    in_stock INTEGER NOT NULL,
    tags TEXT NOT NULL,
    demerit INTEGER NOT NULL,
    created INTEGER NOT NULL
);
CREATE TABLE words (
    text TEXT PRIMARY KEY,
    initials TEXT NOT NULL,
    weight INTEGER NOT NULL,
    products INTEGER NOT NULL
) WITHOUT ROWID;
CREATE VIRTUAL TABLE found USING fts5(
    title, subtitle, labels, title_initials, initials, categories,
    content='', detail=column, columnsize=0, tokenize='ascii'
);
"""
INDEXES = """
CREATE UNIQUE INDEX docs_by_rank ON docs (demerit, id);
CREATE INDEX words_by_initials ON words (initials);
INSERT INTO found(found) VALUES('optimize');
"""

TEXT = "{title subtitle labels}"
TITLE_AND_SUBTITLE = "{title subtitle}"
TITLE = "{title}"
TITLE_INITIALS = "{title_initials}"
ALL_INITIALS = "{title_initials initials}"
CATEGORIES = "{categories}"

FRONT = "«"
"""Before what stands at the front of a title."""
INITIALS = "§"
"""Before pinyin initials, so that they are never taken for words of letters."""
MOST_INITIALS = 8
"""From each word on, the initials of so many characters can be found."""
MOST_LINES = 4
"""The ways in which one place of a text is read."""


def category_token(category_id: str) -> str:
    """A category id as one word: its alphabet has characters at which the index divides."""
    return f"c{category_id.encode().hex()}"
