"""The secrets that this process knows, and the one way to keep them out of what it says.

Whoever reads a key, a token or a password registers it at once. Every text about a failure, and every line of a log,
then passes `mask`, which replaces what is registered (also percent-encoded, escaped or in base64) and whatever has the
shape of a key. Words of people and models pass `mask_known`: it knows no shapes, and no secret so short that it may be
a word.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

MASK = "[secret]"
SHORTEST = 4
"""Characters. What is shorter is masked only where its place says what it is, as in an address."""
UNMISTAKABLE = 12
"""Characters of a secret that is masked wherever it stands; a shorter one must stand by itself."""

_SECRET_NAME = re.compile(
    r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)\Z", re.IGNORECASE
)
_WORDS = r"(?:key|token|secret|password|passwd|pwd|sig|signature|credentials?|auth|code)"
_VALUE = r"[^\s\"'`,;&<>{}\\]"
_ADDRESSES: tuple[tuple[re.Pattern[str], str], ...] = (
    # Who signs in, and parameters that say that they are secret.
    (re.compile(r"(?i)(\bhttps?://)[^/\s?#@:\"'<>]{1,500}@"), rf"\1{MASK}@"),
    (re.compile(r"(\w://[^:/?@\s]*:)[^\s\"'<>]{1,500}(?=@)"), rf"\1{MASK}"),
    (re.compile(rf"(?i)([?&][\w.-]{{0,40}}{_WORDS}=){_VALUE}+"), rf"\1{MASK}"),
)
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), shown)
    for pattern, shown in (
        # Keys of well-known services, tokens of Hansard, signed web tokens, private keys.
        (r"\b(?:sk|pk|rk)[-_][\w*-]{12,}", MASK),
        (r"\bAIza[\w-]{30,}", MASK),
        (
            r"\b(?:gh[oprsu]_|github_pat_|glpat-|hf_|gsk_|r8_|nvapi-|pplx-|xai-|npm_|pypi-)\w[\w-]{15,}",
            MASK,
        ),
        (r"\bxox[a-z]-[\w-]{10,}", MASK),
        (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", MASK),
        (r"\bhsd_[\w-]{43}", MASK),
        (r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", MASK),
        (
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\w+/=\s\\]*(?:-----END [A-Z ]{0,40}-----)?",
            MASK,
        ),
        # Headers and fields, as people and programs write them down.
        (r"(?i)(\bhansard_session=)[\w.-]+", rf"\1{MASK}"),
        (
            r"(?i)(\b(?:(?:proxy-)?authorization|(?:x-)?(?:goog-)?api-key)[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
            rf"(?:(?:bearer|basic|token)\s{{1,3}})?)(?!bearer|basic|token){_VALUE}{{4,}}",
            rf"\1{MASK}",
        ),
        (
            rf"(?i)(\b(?:bearer|basic)\s{{1,3}})(?={_VALUE}{{0,80}}[0-9=]){_VALUE}{{8,}}",
            rf"\1{MASK}",
        ),
        (
            r"(?i)(\b(?:api[_-]?key|access[_-]?token|client[_-]?secret|password|passwd)[\"']?\s{0,3}[:=]\s{0,3}[\"']?)"
            rf"(?={_VALUE}{{0,80}}[0-9]){_VALUE}{{6,}}",
            rf"\1{MASK}",
        ),
    )
)


class _Registry:
    """What is known, and the patterns made from it; a pattern that is in use is never changed."""

    def __init__(self) -> None:
        self.secrets: frozenset[str] = frozenset()
        self.all: re.Pattern[str] | None = None
        self.unmistakable: re.Pattern[str] | None = None

    def add(self, secrets: Iterable[str]) -> None:
        added = {s for secret in secrets for s in (secret, secret.strip()) if len(s) >= SHORTEST}
        if added <= self.secrets:
            return
        self.secrets |= added
        long = {s for s in self.secrets if len(s) >= UNMISTAKABLE}
        self.unmistakable = _either(_forms(long), "{}")
        short = _either(_forms(self.secrets - long), r"(?<![^\W_]){}(?![^\W_])")
        both = [found.pattern for found in (self.unmistakable, short) if found]
        self.all = re.compile("|".join(both)) if both else None


_registry = _Registry()


def register(*secrets: str | None) -> None:
    """Keep these out of all that this process says from now on. None and empty texts are none."""
    _registry.add(secret for secret in secrets if secret)


def register_url(url: str | None) -> None:
    """Register what is secret of an address: the password, and parameters that are named like a secret.

    A password that is the same as the user, the host or the database is not kept secret elsewhere.
    """
    try:
        parts = urlsplit(url or "")
        password, user, host = parts.password, unquote(parts.username or ""), parts.hostname
    except ValueError:
        return
    public = {user, host, parts.path.strip("/")}
    found = [unquote(password)] if password else []
    if user and password is None and parts.scheme.lower() in ("http", "https"):
        found = [user]
        public.discard(user)
    found += [v for n, v in parse_qsl(parts.query) if re.search(rf"(?i){_WORDS}\Z", n)]
    register(*(secret for secret in found if secret not in public))
    if password and user:
        register(base64.b64encode(f"{user}:{unquote(password)}".encode()).decode())


def register_environment(environment: Mapping[str, str]) -> None:
    """Register the variables that are named like a secret, and what is secret of those that are addresses."""
    for name, value in environment.items():
        if "://" in value:
            register_url(value)
        elif _SECRET_NAME.search(name) and len(value) >= 2 * SHORTEST:
            register(value)


def mask(text: str) -> str:
    """Text about a failure without any secret: what is registered, and what looks like a key or a password."""
    if _registry.all is not None:
        text = _registry.all.sub(MASK, text)
    for shape, shown in (*_SHAPES, *_ADDRESSES):
        text = shape.sub(shown, text)
    return text


def mask_url(url: str) -> str:
    """An address without its password and without parameters that are named like a secret."""
    for shape, shown in _ADDRESSES:
        url = shape.sub(shown, url)
    return url


def mask_known(text: str) -> str:
    """Somebody's words, without those registered secrets that can be nothing else."""
    found = _registry.unmistakable
    return text if found is None else found.sub(MASK, text)


def mask_values(value: Any, how: Callable[[str], str] = mask) -> Any:
    """JSON with every text in it masked, the names of members too."""
    if isinstance(value, str):
        return how(value)
    if isinstance(value, dict):
        members = cast("dict[Any, Any]", value)
        return {mask_values(n, how): mask_values(v, how) for n, v in members.items()}
    if isinstance(value, list | tuple):
        return [mask_values(v, how) for v in cast("list[Any]", value)]
    return value


class Masker:
    """`mask_known` for a text that comes in pieces: what may be the beginning of a secret waits for the next piece."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be said now."""
        text = mask_known(self._held + piece)
        begun = _begun(text)
        self._held = text[len(text) - begun :]
        return text[: len(text) - begun]

    def end(self) -> str:
        """What is left when nothing more comes."""
        held, self._held = self._held, ""
        return held


def _begun(text: str) -> int:
    """How many characters at the end of a text may be the beginning of a secret."""
    longest = 0
    for secret in _registry.secrets:
        if len(secret) < UNMISTAKABLE:
            continue
        at = text.find(secret[0], max(0, len(text) - len(secret) + 1))
        while at >= 0 and not secret.startswith(text[at:]):
            at = text.find(secret[0], at + 1)
        longest = max(longest, len(text) - at if at >= 0 else 0)
    return longest


def _either(forms: set[str], within: str) -> re.Pattern[str] | None:
    """One pattern of many texts, the longest first, so that none is masked by half."""
    if not forms:
        return None
    escaped = "|".join(re.escape(form) for form in sorted(forms, key=lambda f: (-len(f), f)))
    return re.compile(within.format(f"(?:{escaped})"))


def _forms(secrets: Iterable[str]) -> set[str]:
    """How these are written where they are not written as they are."""
    found: set[str] = set()
    for secret in secrets:
        encoded = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
        found |= {secret, *encoded, *(re.sub("%..", lambda m: m[0].lower(), e) for e in encoded)}
        found |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        found.add(repr(secret)[1:-1])
        if len(secret) >= 2 * SHORTEST:
            found |= _in_base64(secret.encode("utf-8", "replace"))
    return found


def _in_base64(secret: bytes) -> set[str]:
    """What base64 makes of any text with this in it: it may begin at each of three places of a group."""
    found: set[str] = set()
    for before in range(3):
        # Characters that also depend on what stands before or after are left out.
        first = (before * 8 + 5) // 6
        count = (before + len(secret)) * 8 // 6 - first
        text = base64.b64encode(bytes(before) + secret).decode()[first : first + count]
        found |= {text, text.replace("+", "-").replace("/", "_")}
    return found
