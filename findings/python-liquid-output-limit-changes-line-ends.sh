#!/usr/bin/env bash
# python-liquid changes line ends of a rendered text as soon as the environment limits the size of output.
#
# Packages:      python-liquid 2.3.6, Python 3.11, Linux.
# One guesses:   output_stream_limit only bounds the output; a text below the limit is rendered as without one.
# What happens:  with a limit, each CR LF and each CR of the values and of the template becomes LF, because the bounded
#                buffer translates line ends. Without a limit they stay. No error, no warning.
# Way out:       bound the length of the output in another way, or compare line ends before and after.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check python-liquid==2.3.6
cat >"$place/render.py" <<'PYTHON'
from liquid import Environment


class Limited(Environment):
    output_stream_limit = 10_000


for environment in (Environment(), Limited()):
    template = environment.from_string("<{{ text }}>")
    print(type(environment).__name__, ascii(template.render(text="a\r\nb\rc\nd")))
PYTHON
seen=$("$place/env/bin/python" "$place/render.py")
echo "$seen"
expected="Environment '<a\\r\\nb\\rc\\nd>'
Limited '<a\\nb\\nc\\nd>'"
if [ "$seen" != "$expected" ]; then
    echo "It has changed: expected" >&2
    echo "$expected" >&2
    exit 1
fi
