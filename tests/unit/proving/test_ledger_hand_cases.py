"""Ten cases worked by hand from AWS's rules, against which the ledger is checked.

Sizes in the toy table: attribute names ``pk`` 2, ``sk`` 2, ``due`` 3, ``tag`` 3, ``body`` 4.
``key()`` weighs pk 2 + "a" 1 + sk 2 + "b" 1 = 6 bytes.
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.proving.ledger import Book
from tests.proving.sizes import item_size, number_size
from tests.proving.world import World
from tests.unit.proving import toy


def key(sort: str = "b") -> dict[str, Any]:
    return {"pk": {"S": "a"}, "sk": {"S": sort}}


def item(body: int, sort: str = "b", **more: str) -> dict[str, Any]:
    return {**key(sort), "body": {"S": "x" * body}, **{k: {"S": v} for k, v in more.items()}}


@pytest.fixture
def run() -> Any:
    with World(seed=1, tables=toy.TABLES) as world:
        yield world


def cost(book: Book) -> tuple[float, float, int, int]:
    return book.writes, book.reads, book.requests, book.trips


def put(members: list[dict[str, Any]], **more: Any) -> Any:
    return toy.client().transact_write_items(TransactItems=members, **more)


def test_size_of_an_item_of_every_type() -> None:
    # s: 1 + "é" 2 = 3          n: 1 + (-123.45: pairs 1|23|45 = 3, +1, sign +1 = 5) = 6
    # z: 1 + 0 is 1 = 2         b: 1 + 3 bytes = 4          t: 1 + 1 = 2       u: 1 + 1 = 2
    # ss: 2 + "ab" 2 + "c" 1 = 5                            ns: 2 + (1: 2) + (100: 2) = 6
    # l: 1 + 3 + (1 + "x" 1) + (1 + (7: 2)) = 9
    # m: 1 + 3 + (1 + "k" 1 + "vv" 2) = 8                   together 47
    every: dict[str, dict[str, Any]] = {
        "s": {"S": "é"},
        "n": {"N": "-123.45"},
        "z": {"N": "0"},
        "b": {"B": "AQID"},
        "t": {"BOOL": True},
        "u": {"NULL": True},
        "ss": {"SS": ["ab", "c"]},
        "ns": {"NS": ["1", "100"]},
        "l": {"L": [{"S": "x"}, {"N": "7"}]},
        "m": {"M": {"k": {"S": "vv"}}},
    }
    assert item_size(every) == 47
    # 1000 is the pair 10|00, whose zeros are trimmed: 2; 12345 is 1|23|45: 4; 0.05 is 05: 2.
    assert [number_size(text) for text in ("1000", "12345", "0.05", "1e3")] == [2, 4, 2, 2]


def test_case_1_a_put_is_charged_by_started_kilobyte(run: World) -> None:
    # 6 + body 4 + 1,014 = 1,024 bytes: 1 unit. One byte more: 2 units.
    with run.ledger.step("one") as one:
        toy.client().put_item(TableName="toy", Item=item(1014))
    with run.ledger.step("two") as two:
        toy.client().put_item(TableName="toy", Item=item(1015, "c"))
    assert cost(one) == (1, 0, 1, 1)
    assert cost(two) == (2, 0, 1, 1)


def test_case_2_an_update_and_a_delete_are_charged_by_the_larger_image(run: World) -> None:
    # Stored 6 + 4 + 2,500 = 2,510 bytes: 3 units, though the update leaves 6 and the delete
    # names 6 bytes only. A delete of nothing: 1 unit.
    for sort in ("b", "c"):
        run.engine.put("toy", item(2500, sort))
    client = toy.client()
    with run.ledger.step("update") as update:
        client.update_item(TableName="toy", Key=key(), UpdateExpression="REMOVE body")
    with run.ledger.step("delete") as delete:
        client.delete_item(TableName="toy", Key=key("c"))
    with run.ledger.step("nothing") as nothing:
        client.delete_item(TableName="toy", Key=key("d"))
    assert [cost(book)[0] for book in (update, delete, nothing)] == [3, 3, 1]


def test_case_3_sparse_and_projected_indexes(run: World) -> None:
    # Without index keys: 1. Entering "due" (keys only: 6 + due 3 + 1 = 10 bytes, 1 unit) of a
    # 2,510-byte item: 3 + 1. Changing body alone does not touch the keys-only index: 3.
    # Moving the key from 1 to 2: 3 + delete 1 + put 1. Leaving the index: 3 + 1.
    client = toy.client()
    run.engine.put("toy", item(2500))

    def update(expression: str, **values: str) -> float:
        with run.ledger.step("update") as book:
            client.update_item(
                TableName="toy",
                Key=key(),
                UpdateExpression=expression,
                **(
                    {"ExpressionAttributeValues": {f":{k}": {"S": v} for k, v in values.items()}}
                    if values
                    else {}
                ),
            )
        return book.writes

    assert update("SET due = :v", v="1") == 4
    assert update("SET body = :v", v="y" * 2500) == 3
    assert update("SET due = :v", v="2") == 5
    assert update("REMOVE due") == 4


def test_case_4_an_index_with_everything_follows_each_change(run: World) -> None:
    # tag 3 + "t" 1 + 6 + body 4 + 1,500 = 1,514 bytes: base 2 + index 2 at the put; a change of
    # the body: base 2 + index 2; the delete: base 2 + index 2.
    client = toy.client()
    with run.ledger.step("put") as made:
        client.put_item(TableName="toy", Item=item(1500, tag="t"))
    with run.ledger.step("put") as changed:
        client.put_item(TableName="toy", Item=item(1499, tag="t"))
    with run.ledger.step("delete") as deleted:
        client.delete_item(TableName="toy", Key=key())
    assert [book.writes for book in (made, changed, deleted)] == [4, 4, 4]


def test_case_5_a_transaction_doubles_the_table_but_not_the_index(run: World) -> None:
    # Put of 10 bytes with due: 2 + index 1. Update of a stored 1,510-byte item: 2 x 2 = 4.
    # Condition check of a stored 1,510-byte item: 4. Check of an absent item: 2.
    # Delete of a stored 2,510-byte item: 2 x 3 = 6. Together 19 in one request.
    for sort, body in (("u", 1500), ("c", 1500), ("d", 2500)):
        run.engine.put("toy", item(body, sort))
    check = {"TableName": "toy", "ConditionExpression": "attribute_exists(pk)"}
    absent = {"TableName": "toy", "ConditionExpression": "attribute_not_exists(pk)"}
    with run.ledger.step("transaction") as book:
        put(
            [
                {"Put": {"TableName": "toy", "Item": {**key(), "due": {"S": "1"}}}},
                {
                    "Update": {
                        "TableName": "toy",
                        "Key": key("u"),
                        "UpdateExpression": "SET n = :n",
                        "ExpressionAttributeValues": {":n": {"N": "1"}},
                    }
                },
                {"ConditionCheck": {"Key": key("c"), **check}},
                {"ConditionCheck": {"Key": key("none"), **absent}},
                {"Delete": {"TableName": "toy", "Key": key("d")}},
            ]
        )
    assert cost(book) == (19, 0, 1, 1)


def test_case_6_a_replay_is_billed_as_reads(run: World) -> None:
    # First: two new items of 10 bytes, 2 x 2 = 4 writes. With the same token again: two
    # transactional reads, 2 x 2 = 4 reads, and no write.
    members = [{"Put": {"TableName": "toy", "Item": item(0, sort)}} for sort in ("b", "c")]
    with run.ledger.step("first") as first:
        put(members, ClientRequestToken="t1")
    with run.ledger.step("again") as again:
        put(members, ClientRequestToken="t1")
    assert cost(first) == (4, 0, 1, 1)
    assert cost(again) == (0, 4, 1, 1)
    assert again.entries[0].units.note == "replay, billed as reads"


def test_case_7_a_cancelled_transaction_is_charged_its_worst_case(run: World) -> None:
    # A put of 1,510 bytes over nothing: 2 x 2 = 4; a delete of a stored 2,510 bytes whose
    # condition fails: 2 x 3 = 6; no index is touched.
    run.engine.put("toy", item(2500, "d"))
    failing = {"TableName": "toy", "ConditionExpression": "attribute_not_exists(pk)"}
    with run.ledger.step("cancelled") as book, pytest.raises(ClientError):
        put(
            [
                {"Put": {"TableName": "toy", "Item": item(1500, due="1")}},
                {"Delete": {"Key": key("d"), **failing}},
            ]
        )
    assert cost(book) == (10, 0, 1, 1)


def test_case_8_a_failed_condition_costs_the_stored_image(run: World) -> None:
    # Stored 2,510 bytes: 3 units. Nothing stored: 1 unit. No reads.
    run.engine.put("toy", item(2500))
    client = toy.client()
    for sort, condition, units in (
        ("b", "attribute_not_exists(pk)", 3),
        ("none", "attribute_exists(pk)", 1),
    ):
        with run.ledger.step("failed") as book, pytest.raises(ClientError):
            client.put_item(TableName="toy", Item=item(1, sort), ConditionExpression=condition)
        assert cost(book) == (units, 0, 1, 1)


def test_case_9_reads_of_single_items(run: World) -> None:
    # 6 + 4 + 4,100 = 4,110 bytes are two blocks of 4 KB: eventual 1, consistent 2, in a
    # transaction 4. An absent item: 0.5. A batch of the item and an absent one, consistent: 3.
    run.engine.put("toy", item(4100))
    client = toy.client()
    with run.ledger.step("eventual") as eventual:
        client.get_item(TableName="toy", Key=key())
    with run.ledger.step("consistent") as consistent:
        client.get_item(TableName="toy", Key=key(), ConsistentRead=True)
    with run.ledger.step("transaction") as transaction:
        client.transact_get_items(TransactItems=[{"Get": {"TableName": "toy", "Key": key()}}])
    with run.ledger.step("absent") as absent:
        client.get_item(TableName="toy", Key=key("none"))
    with run.ledger.step("batch") as batch:
        client.batch_get_item(
            RequestItems={"toy": {"Keys": [key(), key("none")], "ConsistentRead": True}}
        )
    books = (eventual, consistent, transaction, absent, batch)
    assert [book.reads for book in books] == [1, 2, 4, 0.5, 3]
    assert [book.writes for book in books] == [0] * 5


def test_case_10_a_query_is_rounded_once_and_before_its_filter(run: World) -> None:
    # Ten items of 6 + 4 + 1,000 = 1,010 bytes (sort keys of one character) are 10,100 bytes:
    # three blocks, 1.5 eventual, whatever the filter or projection leaves of them.
    # The keys-only index holds 6 + due 3 + 1 = 10 bytes each, 100 together: 0.5.
    # A batch write of three such items: base 1 each, index 1 each: 6.
    for sort in "0123456789":
        run.engine.put("toy", item(1000, sort, due="1"))
    client = toy.client()
    query = {
        "TableName": "toy",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "a"}},
    }
    filtered = {
        **query,
        "FilterExpression": "sk = :s",
        "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"S": "3"}},
        "ProjectionExpression": "sk",
    }
    index = {
        "TableName": "toy",
        "IndexName": "due",
        "KeyConditionExpression": "due = :d",
        "ExpressionAttributeValues": {":d": {"S": "1"}},
    }
    for request, units in ((query, 1.5), (filtered, 1.5), (index, 0.5)):
        with run.ledger.step("query") as book:
            client.query(**request)
        assert cost(book) == (0, units, 1, 1)
    with run.ledger.step("batch") as batch:
        puts = [{"PutRequest": {"Item": item(5, sort, due="1")}} for sort in "xyz"]
        client.batch_write_item(RequestItems={"toy": puts})
    assert cost(batch) == (6, 0, 1, 1)
