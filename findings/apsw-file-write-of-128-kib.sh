#!/usr/bin/env bash
# A file of a SQLite VFS takes at most 131,071 bytes in one write; one byte more is "disk full", on an empty disk.
#
# Package:       apsw 3.54.1.0 (SQLite 3.54.1), Python 3.11, Linux.
# One guesses:   VFSFile.xWrite(data, offset) writes data of any length, or says that it is too long.
# What happens:  131,071 bytes are written. From 131,072 bytes on apsw.FullError is raised, though there is room, and
#                the file may have grown by a part. SQLite's own writes are pages of at most 64 KiB, so the engine never
#                meets it; a layer of one's own that gathers writes, or copies a file through a VFS, does.
# Way out:       write in pieces of 64 KiB.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check apsw==3.54.1.0
cat >"$place/write.py" <<'PYTHON'
import os
import sys

import apsw

name = os.path.join(sys.argv[1], "file")
flags = [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_READWRITE, 0]
file = apsw.VFSFile("", name, flags)
for size in (65_536, 131_071, 131_072, 1_048_576):
    try:
        file.xWrite(bytes(size), 0)
        print(size, "written")
    except apsw.Error as error:
        print(size, type(error).__name__)
file.xClose()
PYTHON
seen=$("$place/env/bin/python" "$place/write.py" "$place")
echo "$seen"
expected="65536 written
131071 written
131072 FullError
1048576 FullError"
if [ "$seen" != "$expected" ]; then
    echo "It has changed: expected" >&2
    echo "$expected" >&2
    exit 1
fi
