"""One index: its mapping, its documents on disk, and the writes that are not searchable yet.

A write goes to the translog, then to the engine; it is acknowledged after `sync`, and searchable after the
next `refresh`, which commits the engine and trims the translog. An `_id` is looked up among the writes
since the last refresh (in memory, at most `max_unrefreshed_documents` of them) and then in the engine,
so it is exact, survives a restart and needs no memory that grows with the index.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from elastic.node.document import Indexed, convert, timestamp
from elastic.node.engine import Engine, Snapshot, Stored
from elastic.node.errors import DocumentError, IllegalArgument, Json, VersionConflict
from elastic.node.files import sync_folder, write_whole
from elastic.node.mapping import TOTAL_FIELDS, Mapping, parse
from elastic.node.settings import NodeSettings
from elastic.node.translog import Translog, framed

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that fits the mapping, ready to be written. `create`: only if the id is new."""

    doc_id: str
    source: bytes
    indexed: Indexed
    create: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: the place in the order of writes and the document's version from 1."""

    seq: int
    version: int


class Index:
    """An index in a folder of its own. Every method may be called from any thread."""

    def __init__(self, folder: Path, settings: NodeSettings) -> None:
        described: Json = orjson.loads((folder / "index.json").read_bytes())
        self.name: str = described["name"]
        self.uuid: str = described["uuid"]
        self.settings: Json = described["settings"]
        self.stream: str | None = described["stream"]
        self.created_ms: int = described["created_ms"]
        self.mapping: Mapping = parse(described["mapping"])
        self.deleted = False
        self._folder = folder
        self._limits = settings
        self._mapping_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._refreshed = threading.Condition()
        self._pending: dict[str, Stored] = {}
        self._engine = Engine(folder / "engine", settings.writer_heap_bytes, settings.max_terms)
        self._translog = Translog(folder / "translog")
        self._next_seq = self.snapshot.last_seq() + 1
        self._visible_seq = self._next_seq - 1
        self._replay()

    @staticmethod
    def create(folder: Path, unfinished: Path, described: Json) -> None:
        """Makes the folder of a new index: whole or, after a crash, not at all."""
        beside = unfinished / folder.name
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        write_whole(beside / "index.json", orjson.dumps(described))
        beside.rename(folder)
        sync_folder(folder.parent)

    # Writing

    def prepare(self, doc_id: str, raw: bytes, *, create: bool) -> Prepared:
        """Types a document and takes its new fields into the mapping.

        Raises:
            DocumentError: it is no JSON object, or a value does not fit.
        """
        source = _object(raw)
        if self.stream and not timestamp(source):
            reason = "data stream timestamp field [@timestamp] is missing"
            cause = {"type": "illegal_argument_exception", "reason": reason}
            raise DocumentError(f"failed to parse: {reason}", caused_by=cause)
        while True:
            mapping = self.mapping
            indexed = convert(source, mapping, doc_id)
            if not indexed.found or self._extend(mapping, indexed.found):
                return Prepared(doc_id, raw, indexed, create)

    def _extend(self, seen: Mapping, found: Json) -> bool:
        """Adds fields unless somebody else changed the mapping since it was `seen`."""
        with self._mapping_lock:
            if self.mapping is not seen:
                return False
            limit = int(self.setting("mapping.total_fields.limit", TOTAL_FIELDS))
            try:
                self._set_mapping(seen.with_properties(found, limit))
            except IllegalArgument as error:
                raise DocumentError(error.reason, caused_by=error.cause()) from None
            return True

    def put_mapping(self, body: Json) -> None:
        """Adds fields.

        Raises:
            ApiError: unknown types, or a field would change.
        """
        with self._mapping_lock:
            mapping = self.mapping.with_properties(body.get("properties", {}))
            rest = {key: value for key, value in body.items() if key != "properties"}
            self._set_mapping(parse({**mapping.source, **rest}))

    def _set_mapping(self, mapping: Mapping) -> None:
        write_whole(self._folder / "index.json", orjson.dumps(self.described(mapping)))
        self.mapping = mapping

    def described(self, mapping: Mapping | None = None) -> Json:
        """What index.json holds."""
        return {
            "name": self.name,
            "uuid": self.uuid,
            "stream": self.stream,
            "created_ms": self.created_ms,
            "settings": self.settings,
            "mapping": (mapping or self.mapping).source,
        }

    def write(self, batch: Sequence[Prepared]) -> list[Written | VersionConflict]:
        """Writes documents in their order. They are durable after `sync`, whatever the outcome says.

        Raises:
            StorageFailed: the disk refused; nothing was written.
        """
        with self._write_lock:
            if self.deleted:
                raise IllegalArgument(f"index [{self.name}] was deleted while documents were written")
            outcomes, accepted = self._decide(batch)
            self._translog.append(b"".join(_record(stored) for stored, _, _ in accepted))
            for stored, indexed, replaces in accepted:
                self._pending[stored.doc_id] = stored
                if replaces:
                    self._engine.remove(stored.doc_id)
                self._engine.add(stored, indexed.columns, indexed.terms)
            self._next_seq += len(accepted)
            full = len(self._pending) >= self._limits.max_unrefreshed_documents
        if full:
            self.refresh()
        return outcomes

    def _decide(
        self, batch: Sequence[Prepared]
    ) -> tuple[list[Written | VersionConflict], list[tuple[Stored, Indexed, bool]]]:
        outcomes: list[Written | VersionConflict] = []
        accepted: list[tuple[Stored, Indexed, bool]] = []
        versions: dict[str, int] = {}
        for item in batch:
            version = versions.get(item.doc_id) or self._version(item.doc_id)
            if version and item.create:
                outcomes.append(self._conflict(item.doc_id, version))
                continue
            versions[item.doc_id] = (version or 0) + 1
            stored = Stored(item.doc_id, self._next_seq + len(accepted), (version or 0) + 1, item.source)
            accepted.append((stored, item.indexed, version is not None))
            outcomes.append(Written(stored.seq, stored.version))
        return outcomes, accepted

    def _version(self, doc_id: str) -> int | None:
        pending = self._pending.get(doc_id)
        return pending.version if pending else self.snapshot.version(doc_id)

    def _conflict(self, doc_id: str, version: int) -> VersionConflict:
        return VersionConflict(
            f"[{doc_id}]: version conflict, document already exists (current version [{version}])",
            index_uuid=self.uuid,
            shard="0",
            index=self.name,
        )

    def sync(self) -> None:
        """Returns when every write so far is on disk.

        Raises:
            StorageFailed: the disk refused.
        """
        self._translog.sync(self._translog.position)

    # Reading

    @property
    def snapshot(self) -> Snapshot:
        """What the last refresh made searchable."""
        return self._engine.snapshot

    def get(self, doc_id: str) -> Stored | None:
        """The newest version of a document, searchable or not."""
        return self._pending.get(doc_id) or self.snapshot.get(doc_id)

    def setting(self, name: str, default: Any) -> Any:
        """A setting by its dotted name without `index.`."""
        node: Any = self.settings.get("index", {})
        for part in name.split("."):
            node = node.get(part) if isinstance(node, dict) else None
        return default if node is None else node

    # Refreshing

    def refresh(self) -> None:
        """Makes every write so far searchable."""
        with self._write_lock:
            if self._pending and not self.deleted:
                self._commit()
        with self._refreshed:
            self._refreshed.notify_all()

    def _commit(self) -> None:
        self._translog.roll()
        self._engine.commit()
        self._translog.trim()
        self._pending = {}
        self._visible_seq = self._next_seq - 1

    def wait_until_visible(self, seq: int, timeout_s: float) -> bool:
        """Waits for the refresh that makes the write `seq` searchable."""
        with self._refreshed:
            return self._refreshed.wait_for(lambda: self._visible_seq >= seq or self.deleted, timeout_s)

    def _replay(self) -> None:
        count = 0
        for payload in self._translog.replay():
            head, _, source = payload.partition(b"\n")
            seq, version, doc_id = orjson.loads(head)
            prepared = self.prepare(doc_id, source, create=False)
            stored = Stored(doc_id, seq, version, source)
            self._engine.remove(doc_id)
            self._engine.add(stored, prepared.indexed.columns, prepared.indexed.terms)
            self._next_seq = max(self._next_seq, seq + 1)
            count += 1
        if count:
            self._commit()
            logger.info("Replayed %d operations of %s from the translog", count, self.name)

    # Ending

    def close(self) -> None:
        """Makes everything durable and ends the engine's threads."""
        with self._write_lock:
            if self._pending and not self.deleted:
                self._commit()
            self._translog.close()
            self._engine.close()

    def delete(self, unfinished: Path) -> None:
        """Removes the index from disk."""
        with self._write_lock:
            self.deleted = True
            self._translog.close()
            self._engine.close()
            beside = unfinished / self.uuid
            self._folder.rename(beside)
            sync_folder(self._folder.parent)
            shutil.rmtree(beside, ignore_errors=True)
        with self._refreshed:
            self._refreshed.notify_all()


def _record(stored: Stored) -> bytes:
    return framed(orjson.dumps([stored.seq, stored.version, stored.doc_id]) + b"\n" + stored.source)


def _object(raw: bytes) -> Json:
    try:
        source = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        cause = {"type": "x_content_parse_exception", "reason": str(error)}
        raise DocumentError(f"failed to parse: {error}", caused_by=cause) from None
    if not isinstance(source, dict):
        raise DocumentError("Malformed content, must start with an object")
    return source


def sync_all(indices: Iterable[Index]) -> None:
    """Returns when the writes to all of them are on disk."""
    for index in indices:
        index.sync()
