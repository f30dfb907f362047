"""Files written, rotated, copied, cut short, compressed and deleted in any order, and a shipper that crashes.

Every line is shipped under one id, once. Only a file that is emptied costs lines: those that were in no copy
of it; then at least as many bytes as were seen of them are reported.
"""

from __future__ import annotations

import gzip
import os
import random
import shutil
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from shippers.batch import Piece
from shippers.files.find import Place
from shippers.files.tail import Tail
from shippers.ledger import Settled
from shippers.registry import Registry
from shippers.settings import ShipperSettings

NAMES = st.sampled_from(["request", "service"])
HEADERS = st.sampled_from([b"", b"", b'{"header":1}\n'])


class Files(RuleBasedStateMachine):
    """A folder, a shipper that reads it, and a server that remembers what it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.home = Path(self.folder.name)
        self.log = self.home / "log"
        self.log.mkdir()
        self.server: dict[str, bytes] = {}
        self.pieces: list[Piece] = []
        self.ledger: dict[str, list[Piece]] = {}
        self.written: set[bytes] = set()
        self.excused: set[bytes] = set()
        self.twice: set[bytes] = set()
        self.open_ends: set[str] = set()
        self.moved: set[str] = set()
        self.copied: dict[str, int] = {}
        self.number = 0
        self.now_s = 0.0
        self.random = random.Random(0)

    @initialize(
        open_files=st.integers(2, 9),
        read_bytes=st.sampled_from([1024, 4096]),
        keep_s=st.sampled_from([20, 86400]),
        seed=st.integers(0, 9),
    )
    def begin(self, open_files: int, read_bytes: int, keep_s: int, seed: int) -> None:
        self.random.seed(seed)
        self.settings = ShipperSettings(
            line_bytes=256,
            read_bytes=read_bytes,
            fingerprint_bytes=256,  # rule 12 tells short copies by more than one line within these
            open_files=open_files,
            ahead_bytes=1024,
            done_s=5,
            half_line_s=1000,
            sweep_s=10,
            registry_keep_s=keep_s,
        )
        self.start()

    def start(self) -> None:
        self.registry = Registry(self.home / "registry.sqlite")
        self.tail = Tail(
            self.home,
            "t",
            self.registry,
            self.settings,
            clock=lambda: self.now_s,
            wall=lambda: 2e9 + self.now_s,
        )

    # Programs that write

    @rule(
        name=NAMES, count=st.integers(1, 8), pad=st.integers(0, 100), header=HEADERS, is_whole=st.booleans()
    )
    def append(self, name: str, count: int, pad: int, header: bytes, is_whole: bool) -> None:
        path = self.log / f"{name}.ndjson"
        lines = []
        for _ in range(count):
            self.number += 1
            lines.append(b'{"n":%d,"pad":"%s"}' % (self.number, b"x" * (pad * self.number % 101)))
        self.written.update(lines)
        with path.open("ab") as file:
            if not path.stat().st_size and header:
                file.write(header)
            file.write(b"\n" if name in self.open_ends else b"")
            file.write(b"\n".join(lines) + (b"\n" if is_whole else b""))
        self.open_ends -= {name}
        if not is_whole:
            self.open_ends.add(name)

    @rule(name=NAMES)
    def rotate(self, name: str) -> None:
        path = self.log / f"{name}.ndjson"
        if path.exists():
            self.mix(name, path)
            self.chain(path)
            path.rename(f"{path}.1")
            self.moved.add(name)
            self.copied.pop(name, None)
            self.open_ends -= {name}

    def mix(self, name: str, path: Path) -> None:
        """Rule 12 excuses a copy whose original is renamed before there was room for either."""
        if name in self.copied and not self.is_met(path):
            self.twice.update(path.read_bytes().split(b"\n"))

    @rule(name=NAMES)
    def append_late(self, name: str) -> None:
        """A program that has not noticed yet that its file was rotated."""
        path = self.log / f"{name}.ndjson.1"
        if name in self.moved and path.exists() and path.read_bytes().endswith(b"\n"):
            self.number += 1
            line = b'{"n":%d,"late":true}' % self.number
            self.written.add(line)
            with path.open("ab") as file:
                file.write(line + b"\n")

    @rule(name=NAMES)
    def rotate_to_a_date(self, name: str) -> None:
        path = self.log / f"{name}.ndjson"
        if path.exists():
            self.number += 1
            self.mix(name, path)
            path.rename(self.log / f"{name}-20261123T{self.number:012}.ndjson")
            path.touch()
            self.copied.pop(name, None)
            self.open_ends -= {name}

    @rule(name=NAMES)
    def rename_oddly(self, name: str) -> None:
        """To what no source is called: rule 1 promises nothing of files that the registry does not know."""
        path = self.log / f"{name}.ndjson.1"
        if path.exists() and self.is_met(path):
            self.number += 1
            path.rename(self.log / f"old-{self.number}")

    def is_met(self, path: Path) -> bool:
        """Whether the registry knows it, and not an earlier file whose inode it was given."""
        row = self.registry.at(Place.at(path.stat()))
        return row is not None and row.begins_as(path.read_bytes()[: row.head_bytes])

    def chain(self, path: Path) -> None:
        present = sorted(path.parent.glob(f"{path.name}.*"), key=lambda each: -int(each.name.split(".")[2]))
        for each in present:
            parts = each.name.split(".")
            parts[2] = str(int(parts[2]) + 1)
            each.rename(each.with_name(".".join(parts)))

    @rule(name=NAMES)
    def copy(self, name: str) -> None:
        """Of more than one line: rule 12 excuses a copy of a single one that is taken for another file."""
        path = self.log / f"{name}.ndjson"
        if path.exists() and path.read_bytes().count(b"\n") > 1 and name not in self.copied:
            self.chain(path)
            time.sleep(0.005)  # beyond the grain of the file system's clock
            shutil.copyfile(path, f"{path}.1")
            self.moved -= {name}
            self.copied[name] = path.stat().st_size

    @rule(name=NAMES)
    def truncate(self, name: str) -> None:
        """Empties a file that was copied, or, seldom, one that was not."""
        path = self.log / f"{name}.ndjson"
        if (
            not path.exists()
            or not path.stat().st_size
            or (name not in self.copied and self.random.random() < 0.7)
        ):
            return
        copied = self.copied.pop(name, 0)
        self.excuse(path.read_bytes()[copied:])
        place = (path.stat().st_dev, path.stat().st_ino)
        lost = 0
        for harvester in self.tail.harvesters():
            harvester.check()
            if (harvester.place.device, harvester.place.inode) == place and not harvester.replaced:
                lost = max(harvester.most_bytes - max(harvester.position, copied), 0)
        os.truncate(path, 0)
        self.open_ends -= {name}
        if lost:
            before = self.tail.losses.bytes.total()
            self.ship(2)
            assert self.tail.losses.bytes.total() - before >= lost, "a loss was not told"

    def excuse(self, content: bytes) -> None:
        self.excused.update(set(content.split(b"\n")) - set(self.server.values()))

    @rule(name=NAMES, is_read=st.booleans())
    def delete(self, name: str, is_read: bool) -> None:
        """A file goes: read to its last whole line before, or as it was (rule 14 says what is lost)."""
        path = self.log / f"{name}.ndjson"
        if not path.exists():
            return
        if is_read:
            self.ship(1)
        inode, content = path.stat().st_ino, path.read_bytes()
        is_read = is_read and any(each.place.inode == inode for each in self.tail.harvesters())
        path.unlink()
        self.open_ends -= {name}
        self.copied.pop(name, None)
        if is_read:
            content = content[content.rfind(b"\n") + 1 :]
        self.excuse(content)

    @rule()
    def look(self) -> None:
        """Sees what is there and reads nothing."""
        self.tail.look()

    @rule(name=NAMES, whole=st.booleans())
    def compress(self, name: str, whole: bool) -> None:
        """Of more than one line, as with copies; as all programs do, it hands the time on."""
        for path in sorted(self.log.glob(f"{name}.ndjson.*[0-9]")):
            if path.read_bytes().count(b"\n") < 2:
                continue
            target = Path(f"{path}.gz")
            packed = gzip.compress(path.read_bytes(), mtime=0)
            if not whole:
                target.write_bytes(packed[: len(packed) // 2])
                self.ship(1)
            with target.open("ab" if target.exists() else "wb") as file:
                file.write(packed[target.stat().st_size :])
            os.utime(target, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
            path.unlink()
            return

    # The shipper

    @rule(times=st.integers(1, 4))
    def ship(self, times: int) -> None:
        for _ in range(times):
            self.tail.look()
            self.read()

    @rule()
    def wait(self) -> None:
        self.now_s += 6.0

    def read(self) -> None:
        for harvester in self.tail.harvesters():
            while piece := harvester.read(self.settings.read_bytes, self.settings.line_bytes):
                self.send(piece)

    def send(self, piece: Piece) -> None:
        row = self.registry.get(piece.source.id)
        assert row is not None
        assert row.sent >= piece.end
        for offset, line in zip(piece.offsets, piece.lines, strict=True):
            assert offset < piece.end
            key = piece.source.document_id(offset)
            if key in self.server:
                assert self.server[key] == line, "one id for two lines"
                assert piece.uncertain, "a line that an earlier run sent was not looked up"
            self.server[key] = line
        self.pieces.append(piece)
        self.ledger.setdefault(piece.source.id, []).append(piece)

    @rule(seed=st.integers(0, 1000))
    def acknowledge(self, seed: int) -> None:
        """Settles some pieces in any order; checkpoints move to the lowest byte that is not settled."""
        chosen = self.pieces if not seed else [each for each in self.pieces if hash((seed, each.end)) % 2]
        settled: dict[str, Settled] = {}
        for name, pieces in self.ledger.items():
            lines = 0
            while pieces and pieces[0] in chosen:
                piece = pieces.pop(0)
                lines += len(piece.lines)
                settled[name] = Settled(piece.end, lines)
        self.pieces = [each for pieces in self.ledger.values() for each in pieces]
        self.tail.checkpoint(settled)

    def end(self) -> None:
        self.pieces.clear()
        self.ledger.clear()

    @rule()
    def restart(self) -> None:
        self.tail.close()
        self.registry.close()
        self.end()
        self.start()

    @rule()
    def crash(self) -> None:
        """Without a word to the registry."""
        self.registry.close()
        self.tail._registry.save = lambda rows: None  # type: ignore[method-assign]
        self.tail.close()
        self.end()
        self.start()

    def teardown(self) -> None:
        try:
            if hasattr(self, "tail"):
                self.settle()
        finally:
            self.folder.cleanup()

    def settle(self) -> None:
        for name in self.open_ends:
            with (self.log / f"{name}.ndjson").open("ab") as file:
                file.write(b"\n")
        for _ in range(60):
            self.tail.look()
            self.read()
            self.acknowledge(0)
            self.now_s += 60.0  # a half line may wait `half_line_s` twice: to be met, and to be read
        self.tail.close()
        self.registry.close()
        self.end()
        shipped = [line for line in self.server.values() if not line.startswith(b'{"header"')]
        missing = self.written - set(shipped) - self.excused
        assert not missing, f"missing {sorted(missing)[:3]}"
        single = [line for line in shipped if line not in self.twice]
        assert len(single) == len(set(single)), "a line was shipped under two ids"


Files.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes with real files
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestFiles = Files.TestCase
