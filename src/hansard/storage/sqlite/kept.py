"""Messages that were read and are kept as records, so that the next reader of the same page need not read them again.

A message never changes at its position, except when messages are moved, deleted or given a digest. So what is kept
belongs to a *generation*, the time between two such changes:

- The owner's writer ends the generation before such a change is committed, and begins an empty one only after the
  commit. Triggers on the writer's connection tell it, so no statement can change messages without that.
- A unit notes the generation before its snapshot begins. If that is still the current one when its snapshot has begun,
  no change was committed in between; so its snapshot belongs to the generation, whatever is committed later. Only then
  does it look there, and add what it reads.

Within a generation messages are only added. A unit asks for those that its branch row says to be there, so it does not
meet newer ones. What is purged is forgotten with its generation.

Messages are kept when they are read for the second time, not much later than the first, and those that follow kept ones
at once. Keeping takes a quarter of the time of a read, mostly to fetch memory that was not used lately; it is in vain
for what is read once.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import apsw
import msgspec

from hansard.model.messages import Message
from hansard.model.parts import Text

MAX_BYTES = 16 * 1024 * 1024
MAX_READ_ONCE = 10_000
"""About how many messages `MAX_BYTES` can be: what is read again after so many others would not be there any more."""
RECORD = 1_000
"""About how many bytes a message takes without its texts."""
JSON = 4
"""About how many bytes values in memory take for one of their JSON."""

_encode = msgspec.json.Encoder().encode
_CHANGED = "hansard_messages_changed"
_TRIGGERS = """
    CREATE TEMP TRIGGER messages_deleted BEFORE DELETE ON main.messages BEGIN SELECT {changed}(); END;
    CREATE TEMP TRIGGER messages_updated BEFORE UPDATE OF {columns} ON main.messages BEGIN SELECT {changed}(); END;
"""


class Generation:
    """The messages of some branches, those of the branch that was read last at the end."""

    def __init__(self) -> None:
        self._branches: OrderedDict[tuple[str, str], dict[int, Message]] = OrderedDict()
        self._sizes: dict[tuple[str, str], int] = {}
        self._total = 0
        self._read_once: OrderedDict[tuple[str, str], range] = OrderedDict()
        """The positions of a branch that were read last and are not kept."""
        self._total_read_once = 0
        self._lock = threading.Lock()

    def find(self, tenant: str, branch: str, seqs: Iterable[int]) -> list[Message | None]:
        """Return the messages at positions of a branch, None for those that are not kept."""
        key = (tenant, branch)
        with self._lock:
            kept = self._branches.get(key)
            if kept is None:
                return [None for _ in seqs]
            self._branches.move_to_end(key)
            return [kept.get(seq) for seq in seqs]

    def keep(self, tenant: str, branch: str, messages: Sequence[Message]) -> None:
        """Keep consecutive messages of a branch, unless they are read for the first time; forget the branches that
        were read longest ago if it is too much.
        """
        key = (tenant, branch)
        if not self._is_read_again(key, range(messages[0].seq, messages[-1].seq + 1)):
            return
        size = sum(map(_size, messages))
        with self._lock:
            self._branches.setdefault(key, {}).update(
                (message.seq, message) for message in messages
            )
            self._branches.move_to_end(key)
            self._sizes[key] = self._sizes.get(key, 0) + size
            self._total += size
            while self._total > MAX_BYTES:
                oldest, _ = self._branches.popitem(last=False)
                self._total -= self._sizes.pop(oldest)

    def _is_read_again(self, key: tuple[str, str], seqs: range) -> bool:
        """Return whether some of these positions were read before, or the one before them is kept; if not, remember
        that they are read now.
        """
        with self._lock:
            if seqs.start - 1 in self._branches.get(key, ()):
                return True
            before = self._read_once.pop(key, range(0))
            self._total_read_once -= len(before)
            if before.start < seqs.stop and seqs.start < before.stop:
                return True
            self._read_once[key] = seqs
            self._total_read_once += len(seqs)
            while self._total_read_once > MAX_READ_ONCE:
                self._total_read_once -= len(self._read_once.popitem(last=False)[1])
            return False


class Kept:
    """The current generation; None while a change of messages is being committed."""

    def __init__(self, connection: apsw.Connection, columns: Iterable[str]) -> None:
        """Have the writer's connection end the generation when it deletes a message or changes one of its columns."""
        self.generation: Generation | None = Generation()
        connection.create_scalar_function(_CHANGED, self.end, 0)
        names = ", ".join(f'"{name}"' for name in columns)
        connection.execute(_TRIGGERS.format(changed=_CHANGED, columns=names))

    def end(self, *_: object) -> None:
        """Messages are going to change: forget all."""
        self.generation = None

    def begin(self) -> None:
        """The change was committed or undone."""
        if self.generation is None:
            self.generation = Generation()


def _size(message: Message) -> int:
    """Return about how many bytes a message takes in memory."""
    size = RECORD + (JSON * len(_encode(message.metadata)) if message.metadata else 0)
    for part in message.parts:
        size += sys.getsizeof(part.text) if type(part) is Text else JSON * len(_encode(part))
    return size
