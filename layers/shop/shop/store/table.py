"""The one table: every row kind, every key, every index. No key text stands anywhere else.

    who                   PK                SK                    holds
    -------------------   ---------------   -------------------   --------------------------------
    identity              I#<openid mac>    I                     customer id
    customer              C#<customer>      C                     profile
    sign-in               C#<customer>      S#<session>           refresh generation and hash; TTL
    address book          C#<customer>      A                     up to 20 addresses, one default
    cart                  C#<customer>      B                     up to 100 lines, version
    order                 C#<customer>      O#<order_no>          the order; `due` index while open
    order's parcel        C#<customer>      P#<order_no>#<n>      one parcel and its tracking
    shipping report       B#<order_no>      B                     "WeChat knows the parcels"; `due`
    WeChat event          A#<event>         A                     one settled order; `due`; TTL
    message permission    C#<customer>      N#<kind>              messages allowed, openid sealed
    message               C#<customer>      M#<kind>#<subject>    "this was told"; TTL
    courier look-up       Q#<tracking no>   Q                     when a number was asked about; TTL
    electronic waybill    C#<customer>      E#<order_no>#<n>      one label's number and state; TTL
    order's history       C#<customer>      H#<order_no>#<v>      one move, actor and cause
    refund                C#<customer>      R#<order_no>#<n>      one refund; `due` while unsettled
    coupon claim          C#<customer>      K#<coupon>#<n>        one claim, its terms and state
    purchase limit        C#<customer>      L#<sku>               pieces bought
    cart clearing         C#<customer>      X#<order_no>          "this order left the cart"; TTL
    search history        C#<customer>      W                     up to 10 searches, sealed; TTL
    consent               C#<customer>      V#<policy>#<n>        one answer to a policy's version
    daily count           C#<customer>      Q#<what>#<day>        requests of a day, each once; TTL
    exchange key          C#<customer>      Y#exchange#<key>      which code it was sent with; TTL
    product               P#<product>       D                     document for the product page
    SKU                   P#<product>       K#<sku>               price, on sale, stock
    stock adjustment      P#<product>       V#<sku>#<key>         one keyed change of stock
    catalogue registry    R#<bucket>        <product>             summary for lists and search
    catalogue page        G#<list>          <page>                pre-built page of a list; and
                                                                  search chunks, categories, freight
    search index          G#search-index    I                     the present version's name
    hot words             G#hot-words       <day>                 searches by word; TTL
    coupon template       T#<coupon>        T                     terms, quota, end of claiming
    coupon pool           T#<coupon>#<n>    P                     given out, and to whom
    coupon use            T#<coupon>#U#<d>  <order_no>            a paid order of that day
    coupon codes          T#<coupon>#B#<b>  <page>                who was told a page of a batch
    coupon code           B#<hash>          B                     which coupon, and who has used it
    gift of a coupon      T#<coupon>#G      <gift>                to how many, and who allowed it
    gift's run            T#<coupon>#G#<g>  <page>                to whom a page of it went
    coupon list           G#coupons         T                     pre-built list of templates
    flash sale            F#<sale>          F                     terms and state
    flash shard           F#<sale>#<n>      F                     free units and reservations
    orders of a day       D#<day>#<shard>   <order_no>            customer id, status (by outbox)
    anomaly               N#<day>           <kind>#<key>          what a person must look at
    money ledger          M#<day>#<shard>   <order_no>#<kind>#<r> one payment, refund or fee
    reconciliation        J#bills           <day>                 how a day's bill compared
    schedule's last run   J#runs            <schedule>            when it last came to its end
    dead letter           L#letters         <time>#<row>#<v>      a change whose followers failed
    personal data read    E#<day>           <time>#<request id>   who read whose data; TTL
    the same by person    E#<customer>      <time>#<request id>   the same row again; TTL
    staff account         W#staff           <user>                role, password hash, lock-out
    staff idempotency     Y#<user>          <route>#<key>         fingerprint and answer; TTL
    approval              Z#approvals       <approval>            waits for a second person; TTL
    staff audit           U#<day>           <time>#<request id>   who did what and why

Index `due` (sparse, keys only): `dk` (what is due, and a shard of 8) and `due` (UTC seconds). Only
open orders, unsettled refunds and the like carry them, so that it holds work and nothing else.

Attribute names are short because every write is billed by the kilobyte; the Python names say what
they are. May import: PynamoDB, aws, config, domain.
"""

import os
import zlib
from typing import Any, ClassVar

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.connection import TableConnection
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from shop import aws

DUE_SHARDS = 8
DAY_SHARDS = 4
REGISTRY_BUCKETS = 8
LEDGER_SHARDS = 8

Key = tuple[str, str]


class DueIndex(GlobalSecondaryIndex[Any]):
    """Finds work by the time it is due."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    dk = UnicodeAttribute(hash_key=True)
    due = NumberAttribute(range_key=True)


class Entity(Model):
    """A row of the one table. Subclasses are the schema of record."""

    class Meta:
        table_name = os.environ.get("TABLE_NAME", "yunpu")
        region = os.environ.get("AWS_REGION", "us-east-1")
        connect_timeout_seconds = 1
        read_timeout_seconds = 2
        max_retry_attempts = 2
        max_pool_connections = 10

    PK = UnicodeAttribute(hash_key=True)
    SK = UnicodeAttribute(range_key=True)
    due_index: ClassVar[DueIndex] = DueIndex()

    @classmethod
    def _get_connection(cls) -> TableConnection:
        """PynamoDB's connection; every call of the store goes through `Entity`'s."""
        is_new = cls is Entity and cls._connection is None
        made = super()._get_connection()
        if is_new:
            aws.prepare(made.connection.session)
        return made


def customer_partition(customer_id: str) -> str:
    """The partition that holds everything of one customer."""
    return f"C#{customer_id}"


def identity_key(openid_mac: str) -> Key:
    """Where an openid's customer id is; the openid itself is not kept in the key."""
    return f"I#{openid_mac}", "I"


def customer_key(customer_id: str) -> Key:
    """The customer's profile."""
    return customer_partition(customer_id), "C"


SESSION_PREFIX = "S#"


def session_key(customer_id: str, session_id: str) -> Key:
    """One sign-in."""
    return customer_partition(customer_id), f"{SESSION_PREFIX}{session_id}"


def address_book_key(customer_id: str) -> Key:
    """All addresses of a customer."""
    return customer_partition(customer_id), "A"


def cart_key(customer_id: str) -> Key:
    """A customer's cart."""
    return customer_partition(customer_id), "B"


def searches_key(customer_id: str) -> Key:
    """What a customer searched for lately."""
    return customer_partition(customer_id), "W"


ORDER_PREFIX = "O#"
REFUND_PREFIX = "R#"
CLAIM_PREFIX = "K#"
CONSENT_PREFIX = "V#"


def order_key(customer_id: str, order_no: str) -> Key:
    """One order."""
    return customer_partition(customer_id), f"{ORDER_PREFIX}{order_no}"


def order_no_of(sort_key: str) -> str:
    """The order number in an order's sort key."""
    return sort_key.removeprefix(ORDER_PREFIX)


def order_in(key: Key) -> str:
    """The number of the order that a row is, or is a refund or parcel of; "" for other rows."""
    partition, sort_key = key
    if not partition.startswith("C#") or sort_key[:2] not in {ORDER_PREFIX, REFUND_PREFIX, "P#"}:
        return ""
    return sort_key.split("#")[1]


def customer_of(partition: str) -> str:
    """The customer id in a customer's partition key."""
    return partition.removeprefix("C#")


def parcel_prefix(order_no: str) -> str:
    """The front of every parcel of an order."""
    return f"P#{order_no}#"


def parcel_key(customer_id: str, order_no: str, number: int) -> Key:
    """One parcel of an order, numbered from 1."""
    return customer_partition(customer_id), f"{parcel_prefix(order_no)}{number}"


def report_key(order_no: str) -> Key:
    """Whether WeChat was told of an order's parcels."""
    return f"B#{order_no}", "B"


def order_of_report(partition: str) -> str:
    """The order number in a shipping report's partition key."""
    return partition.removeprefix("B#")


def wechat_event_key(key: str) -> Key:
    """One event that WeChat pushed."""
    return f"A#{key}", "A"


def subscription_key(customer_id: str, kind: str) -> Key:
    """How many messages of a kind a customer still allows."""
    return customer_partition(customer_id), f"N#{kind}"


def message_key(customer_id: str, kind: str, subject: str) -> Key:
    """One message."""
    return customer_partition(customer_id), f"M#{kind}#{subject}"


def asked_number_key(tracking_no: str) -> Key:
    """When a courier was last asked about a number, whoever's parcel it is."""
    return f"Q#{tracking_no}", "Q"


def waybill_prefix(order_no: str) -> str:
    """The front of every waybill of an order."""
    return f"E#{order_no}#"


def waybill_key(customer_id: str, order_no: str, parcel: int) -> Key:
    """The waybill of one parcel of an order."""
    return customer_partition(customer_id), f"{waybill_prefix(order_no)}{parcel}"


def history_prefix(order_no: str) -> str:
    """The front of every history entry of an order."""
    return f"H#{order_no}#"


def history_key(customer_id: str, order_no: str, version: int) -> Key:
    """One move of an order."""
    return customer_partition(customer_id), f"{history_prefix(order_no)}{version:04d}"


def refund_prefix(order_no: str) -> str:
    """The front of every refund of an order."""
    return f"{REFUND_PREFIX}{order_no}#"


def refund_key(customer_id: str, order_no: str, sequence: str) -> Key:
    """One refund of an order."""
    return customer_partition(customer_id), f"{refund_prefix(order_no)}{sequence}"


def order_of_part(sort_key: str) -> str:
    """The order number in the sort key of a parcel, move or refund."""
    return sort_key.split("#")[1]


def claim_key(customer_id: str, coupon_id: str, ordinal: int) -> Key:
    """One claim of a coupon; the ordinal counts a customer's claims of it from 1."""
    return customer_partition(customer_id), f"{CLAIM_PREFIX}{coupon_id}#{ordinal}"


def limit_key(customer_id: str, sku_id: str) -> Key:
    """How many pieces of a limited SKU a customer holds or has bought."""
    return customer_partition(customer_id), f"L#{sku_id}"


def sku_of_limit(sort_key: str) -> str:
    """The SKU in a purchase limit's sort key."""
    return sort_key.removeprefix("L#")


def cart_clearing_key(customer_id: str, order_no: str) -> Key:
    """Proof that an order's lines have left the cart."""
    return customer_partition(customer_id), f"X#{order_no}"


def consent_prefix(policy: str = "") -> str:
    """The front of every consent of a customer, or of those to one policy."""
    return f"{CONSENT_PREFIX}{policy}#" if policy else CONSENT_PREFIX


def consent_key(customer_id: str, policy: str, number: int) -> Key:
    """One answer to a policy, numbered from 1."""
    return customer_partition(customer_id), f"{consent_prefix(policy)}{number:06d}"


def daily_count_key(customer_id: str, what: str, day: str) -> Key:
    """What a customer asked for on a day (`YYYYMMDD`, Shanghai)."""
    return customer_partition(customer_id), f"Q#{what}#{day}"


def exchange_key(customer_id: str, key: str) -> Key:
    """Which code a customer's `Idempotency-Key` was sent with."""
    return customer_partition(customer_id), f"Y#exchange#{key}"


def personal_read_partition(whose: str) -> str:
    """Who read personal data on a day (`YYYYMMDD`, Shanghai), or a customer's by their id."""
    return f"E#{whose}"


def personal_read_key(whose: str, at: int, request_id: str) -> Key:
    """One reading of personal data, under its day or under whom it was about."""
    return personal_read_partition(whose), f"{at}#{request_id}"


def product_partition(product_id: str) -> str:
    """The partition that holds a product, its SKUs and their adjustments."""
    return f"P#{product_id}"


PRODUCT_SORT_KEY = "D"
SKU_PREFIX = "K#"
LAST_SKU = "K~"
"""From `PRODUCT_SORT_KEY` to here lie a product's document and its SKUs, and nothing else."""


def product_key(product_id: str) -> Key:
    """The product's document."""
    return product_partition(product_id), PRODUCT_SORT_KEY


def is_described(partition: str, sort_key: str) -> bool:
    """Whether a row is what staff describe lists from: a product's document, or the categories."""
    is_product = partition.startswith("P#") and sort_key == PRODUCT_SORT_KEY
    return is_product or partition == page_partition("categories")


def sku_key(sku_id: str) -> Key:
    """The SKU's price and stock. A SKU id begins with its product's id."""
    return product_partition(sku_id.rpartition("-")[0]), f"{SKU_PREFIX}{sku_id}"


def adjustment_key(sku_id: str, key: str) -> Key:
    """One keyed change of a SKU's stock."""
    return product_partition(sku_id.rpartition("-")[0]), f"V#{sku_id}#{key}"


def registry_key(product_id: str) -> Key:
    """The product's summary, in one of `REGISTRY_BUCKETS` partitions."""
    return registry_partition(shard_of(product_id, REGISTRY_BUCKETS)), product_id


def registry_partition(bucket: int) -> str:
    """One bucket of product summaries."""
    return f"R#{bucket}"


def page_key(name: str, page: int) -> Key:
    """One pre-built page of a named list, counted from 0."""
    return page_partition(name), f"{page:05d}"


def page_partition(name: str) -> str:
    """All pages of a named list."""
    return f"G#{name}"


def search_index_key() -> Key:
    """Which version of the search index is the present one."""
    return page_partition("search-index"), "I"


def hot_words_partition() -> str:
    """What was searched for, by day."""
    return page_partition("hot-words")


def hot_words_key(day: str) -> Key:
    """What was searched for on a day (`YYYYMMDD`, Shanghai)."""
    return hot_words_partition(), day


COUPON_PREFIX = "T#"


def coupon_key(coupon_id: str) -> Key:
    """A coupon template."""
    return f"{COUPON_PREFIX}{coupon_id}", "T"


POOL_SORT_KEY = "P"


def pool_key(coupon_id: str, number: int) -> Key:
    """One pool of a coupon's quota."""
    return f"{COUPON_PREFIX}{coupon_id}#{number}", POOL_SORT_KEY


def pool_of(partition: str) -> tuple[str, int]:
    """The coupon and the number in a pool's partition key."""
    coupon_id, _, number = partition.removeprefix(COUPON_PREFIX).rpartition("#")
    return coupon_id, int(number)


def coupon_use_partition(coupon_id: str, day: str) -> str:
    """A coupon's paid orders of a day (`YYYYMMDD`, Shanghai)."""
    return f"{COUPON_PREFIX}{coupon_id}#U#{day}"


def coupon_use_key(coupon_id: str, day: str, order_no: str) -> Key:
    """One paid order that used a coupon."""
    return coupon_use_partition(coupon_id, day), order_no


def code_page_key(coupon_id: str, batch: str, page: int) -> Key:
    """One page of a batch of exchange codes."""
    return f"{COUPON_PREFIX}{coupon_id}#B#{batch}", f"{page:05d}"


def code_key(code_hash: str) -> Key:
    """One exchange code, of which only the hash is kept."""
    return f"B#{code_hash}", "B"


def gift_key(coupon_id: str, gift_id: str) -> Key:
    """One gift of a coupon to many customers."""
    return f"{COUPON_PREFIX}{coupon_id}#G", gift_id


def gift_page_key(coupon_id: str, gift_id: str, page: int) -> Key:
    """One page of a gift's customers."""
    return f"{COUPON_PREFIX}{coupon_id}#G#{gift_id}", f"{page:05d}"


def coupon_list_key() -> Key:
    """The pre-built list of all templates."""
    return "G#coupons", "T"


def sale_list_key() -> Key:
    """The pre-built list of all flash sales."""
    return "G#sales", "F"


def sale_key(sale_id: str) -> Key:
    """A flash sale's terms."""
    return f"F#{sale_id}", "F"


def shard_key(sale_id: str, number: int) -> Key:
    """One shard of a flash sale's stock."""
    return f"F#{sale_id}#{number}", "F"


def day_key(day: str, order_no: str) -> Key:
    """An order's entry among the orders of its day (`YYYYMMDD`, Shanghai)."""
    return day_partition(day, shard_of(order_no, DAY_SHARDS)), order_no


def day_partition(day: str, shard: int) -> str:
    """One shard of a day's orders."""
    return f"D#{day}#{shard}"


def anomaly_key(day: str, kind: str, key: str) -> Key:
    """Something a person must look at."""
    return f"N#{day}", f"{kind}#{key}"


def anomaly_partition(day: str) -> str:
    """Everything of a day that a person must look at."""
    return f"N#{day}"


def ledger_key(day: str, order_no: str, kind: str, reference: str) -> Key:
    """One movement of money, under the business day it is booked to."""
    shard = shard_of(order_no, LEDGER_SHARDS)
    return ledger_partition(day, shard), f"{order_no}#{kind}#{reference}"


def ledger_partition(day: str, shard: int) -> str:
    """One shard of a day's money."""
    return f"M#{day}#{shard}"


RECONCILIATION_PARTITION = "J#bills"
"""How each day's bill compared: one small row a day, listed together."""


def reconciliation_key(day: str) -> Key:
    """How one day's bill compared (`YYYYMMDD`, Shanghai)."""
    return RECONCILIATION_PARTITION, day


def run_key(schedule: str) -> Key:
    """When a schedule last came to its end."""
    return "J#runs", schedule


DEAD_LETTERS_PARTITION = "L#letters"
"""What the outbox could not do: rarely anything, and listed together."""


def dead_letter_key(at: int, changed: Key, version: int) -> Key:
    """One stored change of a row that could not be followed."""
    return DEAD_LETTERS_PARTITION, f"{at:010d}#{changed[0]}#{changed[1]}#{version}"


STAFF_PARTITION = "W#staff"
"""All accounts of staff: few, and listed together."""


def staff_key(username: str) -> Key:
    """A member of staff."""
    return STAFF_PARTITION, username


def staff_idempotency_key(username: str, route: str, key: str) -> Key:
    """What a keyed staff request did."""
    return f"Y#{username}", f"{route}#{key}"


APPROVAL_PARTITION = "Z#approvals"
"""All requests that wait or were decided lately: few, and listed together."""


def approval_key(approval_id: str) -> Key:
    """One request for a second person."""
    return APPROVAL_PARTITION, approval_id


def audit_partition(day: str) -> str:
    """What staff did on a day (`YYYYMMDD`, Shanghai)."""
    return f"U#{day}"


def audit_key(day: str, at: int, request_id: str) -> Key:
    """One staff write."""
    return audit_partition(day), f"{at}#{request_id}"


def due_partition(work: str, shard: int) -> str:
    """One shard of one kind of due work."""
    return f"{work}#{shard}"


def shard_of(text: str, shards: int) -> int:
    """A stable spread of ids over shards."""
    return zlib.crc32(text.encode()) % shards
