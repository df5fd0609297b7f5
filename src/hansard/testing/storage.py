"""What every back end keeps: the verbs on each declared table, and the tenant wall.

The tests run once for every table of `schema`, so a new record type is covered by being declared. The named
powers are in `powers.PowersContract`; a back end of conversations keeps both.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest

from hansard.errors import AlreadyExists, Conflict, NotFound, StorageError, VersionConflict
from hansard.model.base import Entry
from hansard.model.conversations import Conversation
from hansard.model.lifecycle import ACTIVE, trashed
from hansard.model.settings import Setting
from hansard.model.users import Tenant, User
from hansard.storage.base import Storage, Transaction
from hansard.storage.query import Query
from hansard.storage.schema import Schema, Table
from hansard.storage.tables import SCHEMA
from hansard.testing.factories import EPOCH, Factory, insert

ACME, GLOBEX = "acme", "globex"
TRASHED = trashed(EPOCH)


class StorageContract:
    schema: ClassVar[Schema] = SCHEMA
    pytestmark: ClassVar = pytest.mark.anyio

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "table" in metafunc.fixturenames:
            tables = {t.name: t for t in self.schema.tables}
            metafunc.parametrize("table", tables.values(), ids=tables.keys())

    # Every table

    async def test_what_is_inserted_is_read_back_equal(
        self, storage: Storage, table: Table[Any]
    ) -> None:
        factory = Factory(self.schema)
        rows = [await _stored(storage, table, factory) for _ in range(1 if not table.key else 5)]

        async def work(tx: Any) -> None:
            for row in rows:
                assert await tx.get(table.record, *table.key_of(row)) == row
            selected = await tx.select(Query(table.record).by(*table.key))
            assert [row for row in selected if row in rows] == sorted(rows, key=table.key_of)
            assert await tx.count(Query(table.record)) == len(selected)

        await storage.read(ACME, work)

    async def test_a_tenant_sees_nothing_of_another(
        self, storage: Storage, table: Table[Any]
    ) -> None:
        row = await _stored(storage, table, Factory(self.schema))
        await storage.write(GLOBEX, _tenant(GLOBEX))
        key, query = table.key_of(row), Query(table.record)

        async def work(tx: Transaction) -> None:
            if table.key:
                assert await tx.get(table.record, *key) is None
                assert await tx.select(query) == []
                assert await tx.count(query) == 0
                assert await tx.delete(query) == 0
                with pytest.raises(NotFound):
                    await tx.update(table.record, *key, created_at=EPOCH)
            else:
                own = [GLOBEX] if table.record is Tenant else []
                assert [row.tenant_id for row in await tx.select(query)] == own

        await storage.write(GLOBEX, work)
        assert await _get(storage, table, row) == row

    async def test_a_record_of_another_tenant_is_refused(
        self, storage: Storage, table: Table[Any]
    ) -> None:
        rows = Factory(self.schema).make(table.record)
        with pytest.raises(NotFound):
            await storage.write(GLOBEX, lambda tx: insert(tx, rows[-1:]))

    async def test_a_unit_that_fails_leaves_nothing(
        self, storage: Storage, table: Table[Any]
    ) -> None:
        rows = Factory(self.schema).make(table.record)

        async def work(tx: Transaction) -> None:
            await insert(tx, rows)
            raise RuntimeError("planned")

        with pytest.raises(RuntimeError, match="planned"):
            await storage.write(ACME, work)
        assert await _get(storage, table, rows[-1]) is None

    async def test_a_key_is_taken_once(self, storage: Storage, table: Table[Any]) -> None:
        row = await _stored(storage, table, Factory(self.schema))
        with pytest.raises(AlreadyExists):
            await storage.write(ACME, lambda tx: tx.insert(row))
        assert await storage.write(ACME, lambda tx: tx.insert(row, absent=True)) == 0
        assert await _get(storage, table, row) == row

    async def test_active_records_share_no_unique_values_and_the_trash_holds_none(
        self, storage: Storage, table: Table[Any]
    ) -> None:
        factory = Factory(self.schema)
        for fields in table.unique_active:
            first = await _stored(storage, table, factory, **ACTIVE)
            same = {
                name: getattr(first, name)
                for name in fields
                if name in table.record.__struct_fields__
            }
            twin = factory.one(table.record, **{**_shared(table, first), **same, **ACTIVE})
            key, other_key = table.key_of(first), table.key_of(twin)
            with pytest.raises(AlreadyExists):
                await storage.write(ACME, lambda tx, row=twin: tx.insert(row))
            assert await storage.write(ACME, lambda tx, row=twin: tx.insert(row, absent=True)) == 0
            await storage.write(ACME, lambda tx, k=key: tx.update(table.record, *k, **TRASHED))
            await storage.write(ACME, lambda tx, row=twin: tx.insert(row))
            with pytest.raises(AlreadyExists):
                await storage.write(ACME, lambda tx, k=key: tx.update(table.record, *k, **ACTIVE))
            await storage.write(
                ACME, lambda tx, k=other_key: tx.update(table.record, *k, **TRASHED)
            )
            await storage.write(ACME, lambda tx, k=key: tx.update(table.record, *k, **ACTIVE))
            assert (await _get(storage, table, first)).state == "active"

    async def test_an_update_changes_what_it_names_and_counts_as_a_version(
        self, storage: Storage, table: Table[Any]
    ) -> None:
        row = await _stored(storage, table, Factory(self.schema))
        later = row.created_at + timedelta(days=1)
        key = table.key_of(row)
        changed = await storage.write(
            ACME, lambda tx: tx.update(table.record, *key, created_at=later)
        )
        assert changed.created_at == later
        assert await _get(storage, table, changed) == changed
        if table.versioned:
            assert changed.version == row.version + 1
            with pytest.raises(VersionConflict) as caught:
                await storage.write(
                    ACME, lambda tx: tx.update(table.record, *key, version=1, created_at=later)
                )
            assert caught.value.details == {"version": 2}

    async def test_a_quiet_change_is_not_a_version(
        self, storage: Storage, table: Table[Any]
    ) -> None:
        row = await _stored(storage, table, Factory(self.schema))
        quiet = {name: getattr(row, name) for name in table.unversioned}
        if quiet:
            changed = await storage.write(
                ACME, lambda tx: tx.update(table.record, *table.key_of(row), **quiet)
            )
            assert changed == row

    async def test_deleted_rows_are_gone(self, storage: Storage, table: Table[Any]) -> None:
        row = await _stored(storage, table, Factory(self.schema))
        query = Query(table.record).where(**dict(zip(table.key, table.key_of(row), strict=True)))
        assert await storage.write(ACME, lambda tx: tx.delete(query)) == 1
        assert await storage.write(ACME, lambda tx: tx.delete(query)) == 0
        assert await _get(storage, table, row) is None

    async def test_a_reference_must_lead_somewhere(
        self, storage: Storage, table: Table[Any]
    ) -> None:
        *before, row = Factory(self.schema).make(table.record)
        for reference in table.references:
            if any(getattr(row, name) is None for name in reference.fields):
                continue
            target = self.schema.of(reference.record)
            partial = [r for r in before if not isinstance(r, target.record)]
            with pytest.raises(Conflict):
                await storage.write(ACME, lambda tx, rows=partial: insert(tx, [*rows, row]))
        await storage.write(ACME, lambda tx: insert(tx, [*before, row]))
        for reference in table.references:
            results = [r for r in before if isinstance(r, reference.record)]
            if results:
                with pytest.raises(Conflict):
                    await storage.write(ACME, lambda tx, r=reference.record: tx.delete(Query(r)))
        assert await _get(storage, table, row) == row

    # Queries

    async def test_lists_are_read_in_pages_without_gap_or_repetition(
        self, storage: Storage
    ) -> None:
        people = [
            User(
                tenant_id=ACME,
                id=f"u{i:02}",
                name=name,
                created_at=EPOCH + timedelta(seconds=i % 3),
                updated_at=EPOCH,
            )
            for i, name in enumerate(["b", "a", "B", "ä", "", "z", "é", "Z", "a", "東", "🦉", "￿"])
        ]
        await storage.write(ACME, _tenant(ACME))
        await storage.write(ACME, lambda tx: tx.insert(*people))
        orders: dict[tuple[str, ...], Any] = {
            ("name", "id"): sorted(people, key=lambda u: (u.name, u.id)),
            ("-name", "-id"): sorted(people, key=lambda u: (u.name, u.id), reverse=True),
            ("-created_at", "id"): sorted(people, key=lambda u: (-u.created_at.timestamp(), u.id)),
            ("created_at", "-name", "id"): sorted(
                sorted(people, key=lambda u: u.id),
                key=lambda u: (u.created_at, [-ord(c) for c in u.name] + [1]),
            ),
        }
        for fields, expected in orders.items():
            results: list[User] = []
            after: tuple[Any, ...] | None = None
            while True:
                query = Query(User).by(*fields).page(5, after)
                page = await storage.read(ACME, lambda tx, q=query: tx.select(q))
                results += page
                if len(page) < 5:
                    break
                after = tuple(getattr(page[-1], field.lstrip("-")) for field in fields)
            assert [u.id for u in results] == [u.id for u in expected], fields

    async def test_conditions_mean_the_same_everywhere(self, storage: Storage) -> None:
        factory = Factory(self.schema)
        owner = factory.make(User, id="ada")
        at = EPOCH + timedelta(microseconds=1)

        def conversation(**fields: Any) -> Conversation:
            values = {"owner_id": "ada", "project_id": None, "deleted_at": None, "model": None}
            return factory.one(Conversation, **(values | fields))

        one = conversation(title="Straße 100%", tags=("red", "blue"), pinned=True, message_count=1)
        two = conversation(title="strasse_x", tags=(), pinned=False, message_count=2, deleted_at=at)
        three = conversation(
            title="Ünder", tags=("red'",), pinned=False, message_count=3, model="m"
        )
        await storage.write(ACME, lambda tx: insert(tx, [*owner, one, two, three]))
        expected: list[tuple[dict[str, Any], set[str]]] = [
            ({"title": "Ünder"}, {three.id}),
            ({"title__ne": "Ünder"}, {one.id, two.id}),
            ({"title_key__contains": "strasse"}, {one.id, two.id}),
            ({"title_key__contains": "0%"}, {one.id}),
            ({"title_key__contains": "_"}, {two.id}),
            ({"title_key__contains": ""}, {one.id, two.id, three.id}),
            ({"tags__has": "red"}, {one.id}),
            ({"tags__has": "red'"}, {three.id}),
            ({"pinned": True}, {one.id}),
            ({"deleted_at": None}, {one.id, three.id}),
            ({"deleted_at__ne": None}, {two.id}),
            ({"deleted_at__le": at}, {two.id}),
            ({"deleted_at__lt": at}, set()),
            ({"model__ne": "x"}, {three.id}),
            ({"message_count__gt": 1, "message_count__lt": 3}, {two.id}),
            ({"message_count__ge": 3}, {three.id}),
            ({"id__in": [one.id, three.id]}, {one.id, three.id}),
            ({"id__in": []}, set()),
        ]
        for conditions, ids in expected:
            query = Query(Conversation).where(**conditions)
            results = await storage.read(ACME, lambda tx, q=query: tx.select(q))
            assert {c.id for c in results} == ids, conditions
            assert await storage.read(ACME, lambda tx, q=query: tx.count(q)) == len(ids)

    async def test_fields_that_do_not_exist_are_refused(self, storage: Storage) -> None:
        for query in (Query(User).where(**{"id; DROP": 1}), Query(User).by("nothing")):
            with pytest.raises(ValueError, match="has no field"):
                await storage.read(ACME, lambda tx, q=query: tx.select(q))

    async def test_json_comes_back_as_it_was_given(self, storage: Storage) -> None:
        values: list[Any] = [
            None, True, 0, -1, 2**63, 10**40, 0.1, 1e-300, "", "é\u2028\x7f", [], {}, [[[]]],
            {"b": 1, "a": 2, "": {"deep": [{"x": None}]}}, "1", 1.0,
        ]  # fmt: skip
        owner = Factory(self.schema).make(User, id="ada")
        rows = [
            Setting(
                tenant_id=ACME,
                user_id="ada",
                name=f"s{i:02}",
                value=value,
                created_at=EPOCH,
                updated_at=EPOCH,
            )
            for i, value in enumerate(values)
        ]
        await storage.write(ACME, lambda tx: insert(tx, [*owner, *rows]))
        results = await storage.read(ACME, lambda tx: tx.select(Query(Setting).by("name")))
        assert [repr(s.value) for s in results] == [repr(value) for value in values]

    async def test_units_see_their_own_changes(self, storage: Storage) -> None:
        async def work(tx: Transaction) -> None:
            await _tenant(ACME)(tx)
            await tx.update(Tenant, name="Acme")
            tenant = await tx.get(Tenant)
            assert tenant is not None
            assert tenant.name == "Acme"
            assert await tx.count(Query(Tenant).where(name="Acme")) == 1

        await storage.write(ACME, work)

    async def test_tenants_are_listed(self, storage: Storage) -> None:
        for name in (GLOBEX, ACME):
            await storage.write(name, _tenant(name))
        assert await storage.tenants() == [ACME, GLOBEX]

    async def test_a_closed_storage_says_so(self, storage: Storage) -> None:
        await storage.close()
        with pytest.raises(StorageError):
            await storage.read(ACME, lambda tx: tx.count(Query(User)))
        with pytest.raises(StorageError):
            await storage.write(ACME, _tenant(ACME))


def _tenant(name: str) -> Any:
    row = Tenant(tenant_id=name, created_at=EPOCH, updated_at=EPOCH)

    async def work(tx: Transaction) -> None:
        await tx.insert(row, absent=True)

    return work


async def _stored(storage: Storage, table: Table[Any], factory: Factory, **fields: Any) -> Any:
    rows: list[Entry] = factory.make(table.record, **fields)
    await storage.write(ACME, lambda tx: insert(tx, rows))
    return rows[-1]


async def _get(storage: Storage, table: Table[Any], row: Any) -> Any:
    return await storage.read(ACME, lambda tx: tx.get(table.record, *table.key_of(row)))


def _shared(table: Table[Any], row: Any) -> dict[str, Any]:
    """Return the fields by which a record refers to others, and those of which columns are made."""
    named = [name for reference in table.references for name in reference.fields]
    return {name: getattr(row, name) for name in (*named, *(d.source for d in table.derived))}
