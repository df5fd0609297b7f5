#!/usr/bin/env bash
# In python-liquid, a variable that is called `partial` is always false, whatever value it was given.
#
# Packages:      python-liquid 2.3.6, Python 3.11, Linux.
# One guesses:   any name that the language has no keyword for can be given a value; if `partial` were reserved, to give
#                it one would be an error.
# What happens:  render() puts a name `partial` of its own in front of the values, so {{ partial }} prints false, and
#                {% if partial %} never holds. Strict mode and StrictUndefined do not notice. Other names that the
#                library knows, such as `now` and `today`, can be given a value.
# Way out:       do not call a variable `partial`; or refuse that name when the template is stored.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check python-liquid==2.3.6
cat >"$place/render.py" <<'PYTHON'
from liquid import Environment, Mode, StrictUndefined

strict = Environment(tolerance=Mode.STRICT, undefined=StrictUndefined)
for name in ("partial", "now", "today", "total"):
    source = "{{ %s }} {%% if %s %%}yes{%% else %%}no{%% endif %%}" % (name, name)
    print(name, strict.from_string(source).render(**{name: "given"}))
PYTHON
seen=$("$place/env/bin/python" "$place/render.py")
echo "$seen"
expected="partial false no
now given yes
today given yes
total given yes"
if [ "$seen" != "$expected" ]; then
    echo "It has changed: expected" >&2
    echo "$expected" >&2
    exit 1
fi
