"""All indices, data streams and templates of the node, kept in one folder.

state.json        templates and data streams
indices/NAME/     one index each: index.json, engine/, translog/
unfinished/       indices that are being made or deleted; emptied at start
"""

from __future__ import annotations

import shutil
import threading
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from elastic.node import index_settings, mapping, names
from elastic.node.errors import AlreadyExists, IllegalArgument, IndexNotFound, Json
from elastic.node.files import write_whole
from elastic.node.index import Index
from elastic.node.settings import NodeSettings
from elastic.node.templates import Composed, Templates

UNFINISHED = "unfinished"


@dataclass(slots=True)
class Stream:
    """A data stream; the last of its backing indices takes the writes."""

    name: str
    template: str
    generation: int
    indices: list[str]


@dataclass(frozen=True, slots=True)
class Lookup:
    """How to read an expression: what to do with names that are not there."""

    ignore_unavailable: bool = False
    allow_no_indices: bool = True
    hidden: bool = False


class Indices:
    """The catalogue. `clock_ms` gives the time for names and creation dates."""

    def __init__(self, folder: Path, settings: NodeSettings, clock_ms: Callable[[], int]) -> None:
        self._folder = folder
        self._settings = settings
        self._clock_ms = clock_ms
        self._lock = threading.RLock()
        shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
        for name in ("indices", UNFINISHED):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.templates = Templates()
        self.streams: dict[str, Stream] = {}
        self._read_state()
        self._indices = {index.name: index for index in self._opened()}
        self._drop_lost()

    def _read_state(self) -> None:
        path = self._folder / "state.json"
        if path.exists():
            state: Json = orjson.loads(path.read_bytes())
            self.templates = Templates(state["components"], state["templates"])
            self.streams = {entry["name"]: Stream(**entry) for entry in state["streams"]}

    def save(self) -> None:
        """Writes templates and data streams."""
        streams = [
            {"name": s.name, "template": s.template, "generation": s.generation, "indices": s.indices}
            for s in self.streams.values()
        ]
        components, templates = self.templates.components, self.templates.indices
        state = {"components": components, "templates": templates, "streams": streams}
        write_whole(self._folder / "state.json", orjson.dumps(state))

    def _opened(self) -> Iterator[Index]:
        for folder in sorted((self._folder / "indices").iterdir()):
            yield Index(folder, self._settings)

    def _drop_lost(self) -> None:
        """A crash may leave a backing index that no data stream lists: the stream was never there."""
        listed = {name for stream in self.streams.values() for name in stream.indices}
        for index in list(self._indices.values()):
            if index.stream and index.name not in listed:
                self._remove(index.name)

    # Reading

    @property
    def lock(self) -> threading.RLock:
        """Held while templates or data streams change."""
        return self._lock

    def all(self) -> list[Index]:
        """Every index, backing indices included."""
        return list(self._indices.values())

    def get(self, name: str) -> Index | None:
        """The index of exactly that name."""
        return self._indices.get(name)

    def resolve(self, expression: str, lookup: Lookup) -> list[Index]:
        """The indices that an expression means, data streams as their backing indices, without repetition.

        Raises:
            IndexNotFound: a name that is not there, or nothing at all where that is not allowed.
        """
        found: dict[str, None] = {}
        for part in names.parts(expression):
            if part.startswith("-") and found:
                for name in self._named(part[1:], lookup):
                    found.pop(name, None)
                continue
            expanded = self._named(part, lookup)
            if not expanded and not names.is_pattern(part) and not lookup.ignore_unavailable:
                raise IndexNotFound(part)
            if not expanded and names.is_pattern(part) and not lookup.allow_no_indices:
                raise IndexNotFound(part)
            found.update(dict.fromkeys(expanded))
        if not found and not lookup.allow_no_indices:
            raise IndexNotFound(expression)
        return [self._indices[name] for name in found if name in self._indices]

    def _named(self, part: str, lookup: Lookup) -> list[str]:
        with self._lock:
            if not names.is_pattern(part):
                stream = self.streams.get(part)
                return list(stream.indices) if stream else [part] * (part in self._indices)
            plain = names.matching(part, self._indices, hidden=lookup.hidden)
            streams = names.matching(part, self.streams, hidden=lookup.hidden)
            return plain + [name for stream in streams for name in self.streams[stream].indices]

    def plain(self, pattern: str) -> list[Index]:
        """The indices that belong to no data stream and match the pattern."""
        found = names.matching(pattern, self._indices, hidden=False)
        return [self._indices[name] for name in found if not self._indices[name].stream]

    # Changing

    def target(self, name: str) -> Index:
        """The index that a write to `name` goes to; made on the first write.

        Raises:
            ApiError: the name is not allowed, or the template cannot be used.
        """
        with self._lock:
            stream = self.streams.get(name)
            if stream:
                return self._indices[stream.indices[-1]]
            found = self._indices.get(name)
            if found:
                return found
            names.check(name)
            template = self.templates.matching(name)
            composed = self.templates.composed(template)
            if composed.stream:
                return self._indices[self.create_stream(name).indices[-1]]
            return self._make(name, composed, None)

    def create(self, name: str, body: Json) -> Index:
        """A new index from the matching template and `body`.

        Raises:
            AlreadyExists: there is one of that name.
            ApiError: the name or the body is refused.
        """
        with self._lock:
            names.check(name)
            found = self._indices.get(name)
            if found:
                raise AlreadyExists(
                    f"index [{name}/{found.uuid}] already exists", index_uuid=found.uuid, index=name
                )
            template = self.templates.matching(name)
            composed = self.templates.composed(template)
            if composed.stream:
                raise IllegalArgument(
                    f"cannot create index with name [{name}], because it matches with template [{template}]"
                    " that creates data streams only, use create data stream api instead"
                )
            if name in self.streams:
                raise IllegalArgument(f"data_stream [{name}] already exists")
            settings = index_settings.merge(
                composed.settings, index_settings.normalised(body.get("settings", {}))
            )
            mappings = mapping.merge(composed.mappings, body.get("mappings", {}))
            return self._make(name, Composed(settings, mappings), None)

    def create_stream(self, name: str) -> Stream:
        """A new data stream with its first backing index.

        Raises:
            ApiError: there is one, or no template with `data_stream` matches.
        """
        with self._lock:
            names.check(name)
            if name in self.streams:
                raise AlreadyExists(f"data_stream [{name}] already exists")
            template = self.templates.matching(name)
            composed = self.templates.composed(template)
            if template is None or not composed.stream:
                raise IllegalArgument(f"no matching index template found for data stream [{name}]")
            backing = self._make_backing(name, 1, composed)
            stream = Stream(name, template, 1, [backing])
            self.streams[name] = stream
            self.save()
            return stream

    def next_backing(self, stream: Stream) -> str:
        """The name that the stream's next backing index would have."""
        return names.backing(stream.name, self._day(), stream.generation + 1)

    def roll_over(self, name: str) -> tuple[str, str]:
        """A new backing index, from the templates as they are now, takes the stream's writes from here on.

        Returns the names of the old and of the new one.

        Raises:
            IllegalArgument: no template with `data_stream` matches any more.
        """
        with self._lock:
            stream, template = self.streams[name], self.templates.matching(name)
            composed = self.templates.composed(template)
            if template is None or not composed.stream:
                raise IllegalArgument(f"no matching index template found for data stream [{name}]")
            old = stream.indices[-1]
            new = self._make_backing(name, stream.generation + 1, composed)
            rolled = Stream(name, template, stream.generation + 1, [*stream.indices, new])
            self.streams[name] = rolled
            self.save()
            return old, new

    def _make_backing(self, stream: str, generation: int, composed: Composed) -> str:
        backing = names.backing(stream, self._day(), generation)
        hidden = index_settings.merge(composed.settings, {"index": {"hidden": "true"}})
        self._make(backing, Composed(hidden, composed.mappings), stream)
        return backing

    def _day(self) -> str:
        return datetime.fromtimestamp(self._clock_ms() / 1000, UTC).strftime("%Y.%m.%d")

    def _make(self, name: str, composed: Composed, stream: str | None) -> Index:
        if len(self._indices) >= self._settings.max_indices:
            raise IllegalArgument(
                f"this action would add an index, but the node has [{len(self._indices)}] already"
            )
        settings = index_settings.merge(
            {"index": {"number_of_shards": "1", "number_of_replicas": "1"}}, composed.settings
        )
        described = {
            "name": name,
            "uuid": urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="),
            "stream": stream,
            "created_ms": self._clock_ms(),
            "settings": settings,
            "mapping": mapping.parse(composed.mappings).source,
        }
        folder = self._folder / "indices" / name
        Index.create(folder, self._folder / UNFINISHED, described)
        self._indices[name] = Index(folder, self._settings)
        return self._indices[name]

    def delete(self, index: Index) -> None:
        """Deletes an index.

        Raises:
            IllegalArgument: it is the write index of a data stream.
        """
        with self._lock:
            stream = self.streams.get(index.stream or "")
            if stream and stream.indices[-1] == index.name:
                raise IllegalArgument(
                    f"index [{index.name}] is the write index for data stream [{stream.name}] and cannot be"
                    " deleted"
                )
            if stream:
                stream.indices.remove(index.name)
                self.save()
            self._remove(index.name)

    def delete_stream(self, stream: Stream) -> None:
        """Deletes a data stream and its backing indices."""
        with self._lock:
            del self.streams[stream.name]
            self.save()
            for name in stream.indices:
                self._remove(name)

    def _remove(self, name: str) -> None:
        self._indices.pop(name).delete(self._folder / UNFINISHED)

    def close(self) -> None:
        """Makes everything durable."""
        for index in self.all():
            index.close()
