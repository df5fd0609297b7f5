"""The secrets of this process and of its users, and how output masks them.

Code that reads a key, a token or a password registers it at once. Error messages and log lines pass through `mask`,
which replaces registered secrets (also percent-encoded, escaped or in base64) and everything that looks like a key.
Texts of people and models pass through `mask_known`, which replaces only registered secrets that are too long to be
words. What a user registers is masked only in the user's own tasks: any text may be a secret of somebody.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from itertools import chain
from typing import Any, cast
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

MASK = "[secret]"
SHORTEST = 4
"""Characters. Shorter secrets are masked only where their position reveals them, as in a URL."""
UNMISTAKABLE = 12
"""Characters of a secret that is masked everywhere; shorter ones are masked only as separate words."""

_SECRET_NAME = re.compile(
    r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)\Z", re.IGNORECASE
)
_WORDS = r"(?:key|token|secret|password|passwd|pwd|sig|signature|credentials?|auth|code)"
_VALUE = r"[^\s\"'`,;&<>{}\\]"
_ADDRESSES: tuple[tuple[re.Pattern[str], str], ...] = (
    # User names and passwords, and parameters whose names mark secrets.
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
        # Headers and fields, in the forms in which people and programs write them.
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
    """The registered secrets, and the patterns that match them; patterns are replaced, never changed."""

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
        both = [pattern.pattern for pattern in (self.unmistakable, short) if pattern]
        self.all = re.compile("|".join(both)) if both else None


_registry = _Registry()
_here: ContextVar[_Registry | None] = ContextVar("_here", default=None)


@lru_cache(maxsize=256)
def _registry_of(secrets: frozenset[str]) -> _Registry:
    made = _Registry()
    made.add(secrets)
    return made


def _registries() -> list[_Registry]:
    here = _here.get()
    return [_registry] if here is None else [_registry, here]


def register(*secrets: str | None) -> None:
    """Register secrets, so that output masks them; None and empty texts are ignored."""
    _registry.add(secret for secret in secrets if secret)


def register_here(*secrets: str | None) -> None:
    """Register the secrets of a user in place of others': only this task and those that it starts mask them."""
    _here.set(_registry_of(frozenset(secret for secret in secrets if secret)))


def register_url(url: str | None) -> None:
    """Register the secrets in a URL."""
    register(*secrets_in_url(url))


def secrets_in_url(url: str | None) -> list[str]:
    """Return the secrets in a URL: the password, and parameters that are named like a secret.

    A password that equals the user, the host or the database is none.
    """
    try:
        parts = urlsplit(url or "")
        password, user, host = parts.password, unquote(parts.username or ""), parts.hostname
    except ValueError:
        return []
    public = {user, host, parts.path.strip("/")}
    secrets = [unquote(password)] if password else []
    if user and password is None and parts.scheme.lower() in ("http", "https"):
        secrets = [user]
        public.discard(user)
    secrets += [v for n, v in parse_qsl(parts.query) if re.search(rf"(?i){_WORDS}\Z", n)]
    secrets = [secret for secret in secrets if secret not in public]
    if password and user:
        secrets.append(base64.b64encode(f"{user}:{unquote(password)}".encode()).decode())
    return secrets


def register_environment(environment: Mapping[str, str]) -> None:
    """Register the variables that are named like a secret, and the secrets in those that are URLs."""
    for name, value in environment.items():
        if "://" in value:
            register_url(value)
        elif _SECRET_NAME.search(name) and len(value) >= 2 * SHORTEST:
            register(value)


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a secret or a guess of one, to be stored in its place."""
    import hashlib  # noqa: PLC0415 - slow to import, and no part of a command's start

    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint_of(secret: str) -> str:
    """Return the first 12 digits of a secret's SHA-256, which tell secrets apart."""
    return hash_of(secret)[:12]


def mask(text: str) -> str:
    """Mask an error message: registered secrets, and everything that looks like a key or a password."""
    for registry in _registries():
        if registry.all is not None:
            text = registry.all.sub(MASK, text)
    for shape, shown in (*_SHAPES, *_ADDRESSES):
        text = shape.sub(shown, text)
    return text


def mask_url(url: str) -> str:
    """Mask the password in a URL, and parameters that are named like a secret."""
    for shape, shown in _ADDRESSES:
        url = shape.sub(shown, url)
    return url


def mask_known(text: str) -> str:
    """Mask the registered secrets that are too long to be words, in a text of a person or a model."""
    for registry in _registries():
        if registry.unmistakable is not None:
            text = registry.unmistakable.sub(MASK, text)
    return text


def mask_values(value: Any, how: Callable[[str], str] = mask) -> Any:
    """Mask every text in a JSON value, including the names of members."""
    if isinstance(value, str):
        return how(value)
    if isinstance(value, dict):
        members = cast("dict[Any, Any]", value)
        return {mask_values(n, how): mask_values(v, how) for n, v in members.items()}
    if isinstance(value, list | tuple):
        return [mask_values(v, how) for v in cast("list[Any]", value)]
    return value


class Masker:
    """`mask_known` for a stream of chunks; the possible beginning of a secret is buffered until the next chunk."""

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, piece: str) -> str:
        """Return the masked text that is certain."""
        text = mask_known(self._buffer + piece)
        size = _partial_size(text)
        self._buffer = text[len(text) - size :]
        return text[: len(text) - size]

    def end(self) -> str:
        """Return the rest of the buffer at the end of the stream."""
        rest, self._buffer = self._buffer, ""
        return rest


def _partial_size(text: str) -> int:
    """Return how many characters at the end of a text may be the beginning of a secret."""
    longest = 0
    for secret in chain.from_iterable(registry.secrets for registry in _registries()):
        if len(secret) < UNMISTAKABLE:
            continue
        at = text.find(secret[0], max(0, len(text) - len(secret) + 1))
        while at >= 0 and not secret.startswith(text[at:]):
            at = text.find(secret[0], at + 1)
        longest = max(longest, len(text) - at if at >= 0 else 0)
    return longest


def _either(forms: set[str], within: str) -> re.Pattern[str] | None:
    """Return one pattern for many texts, the longest first, so that none is masked only partially."""
    if not forms:
        return None
    escaped = "|".join(re.escape(form) for form in sorted(forms, key=lambda f: (-len(f), f)))
    return re.compile(within.format(f"(?:{escaped})"))


def _forms(secrets: Iterable[str]) -> set[str]:
    """Return secrets in all their encodings: as they are, percent-encoded, escaped and in base64."""
    forms: set[str] = set()
    for secret in secrets:
        encoded = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
        forms |= {secret, *encoded, *(re.sub("%..", lambda m: m[0].lower(), e) for e in encoded)}
        forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        forms.add(repr(secret)[1:-1])
        if len(secret) >= 2 * SHORTEST:
            forms |= _in_base64(secret.encode("utf-8", "replace"))
    return forms


def _in_base64(secret: bytes) -> set[str]:
    """Return the base64 forms of a secret within any text: it may start at each of three offsets of a group."""
    forms: set[str] = set()
    for before in range(3):
        # Characters that also depend on the text before or after are left out.
        first = (before * 8 + 5) // 6
        count = (before + len(secret)) * 8 // 6 - first
        text = base64.b64encode(bytes(before) + secret).decode()[first : first + count]
        forms |= {text, text.replace("+", "-").replace("/", "_")}
    return forms
