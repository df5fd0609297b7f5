"""The languages of artifacts: their aliases, file names and media types."""

from __future__ import annotations

_ALIASES = {
    label: language
    for language, labels in {
        "bash": "sh shell shellscript",
        "c": "h",
        "clojure": "clj cljs",
        "cpp": "c++ cc cxx hpp",
        "csharp": "cs c#",
        "dockerfile": "docker",
        "elixir": "ex exs",
        "erlang": "erl",
        "fsharp": "fs f#",
        "go": "golang",
        "graphql": "gql",
        "haskell": "hs",
        "hcl": "tf terraform",
        "html": "htm xhtml",
        "ini": "cfg conf env",
        "javascript": "js mjs cjs node",
        "json": "ipynb webmanifest",
        "jsonl": "ndjson",
        "jsx": "react",
        "julia": "jl",
        "kotlin": "kt kts",
        "latex": "tex",
        "makefile": "make mk",
        "markdown": "md mdx",
        "mermaid": "mmd",
        "perl": "pl",
        "powershell": "ps1 pwsh",
        "protobuf": "proto",
        "python": "py py3 python3 pyi",
        "ruby": "rb",
        "rust": "rs",
        "text": "txt plain plaintext plain-text none",
        "typescript": "ts mts cts",
        "yaml": "yml",
    }.items()
    for label in labels.split()
}
_EXTENSIONS = frozenset(_ALIASES) - {"node", "react", "none", "shell"} | {
    "asm", "astro", "awk", "bash", "bat", "c", "cpp", "css", "csv", "dart", "dockerfile", "fish", "go", "gradle",
    "graphql", "groovy", "haml", "html", "ini", "java", "json", "json5", "jsonc", "jsonl", "jsx", "less", "lock",
    "lua", "ml", "nim", "nix", "php", "prisma", "properties", "r", "rst", "sass", "scala", "scss", "sol", "sql",
    "svelte", "svg", "swift", "toml", "tsv", "tsx", "typ", "v", "vue", "wat", "xml", "xsd", "xsl", "yaml", "zig",
    "zsh",
}  # fmt: skip
_FILES = {
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    "makefile": "makefile",
    "jenkinsfile": "groovy",
    "gemfile": "ruby",
    "rakefile": "ruby",
    "procfile": "text",
    "license": "text",
    "caddyfile": "text",
    ".gitignore": "text",
    ".dockerignore": "text",
    ".editorconfig": "ini",
    ".env": "ini",
}
_MEDIA = {
    "": "text/plain",
    "css": "text/css",
    "csv": "text/csv",
    "html": "text/html",
    "javascript": "text/javascript",
    "json": "application/json",
    "jsx": "text/jsx",
    "markdown": "text/markdown",
    "mermaid": "text/vnd.mermaid",
    "sql": "application/sql",
    "svg": "image/svg+xml",
    "text": "text/plain",
    "toml": "application/toml",
    "tsv": "text/tab-separated-values",
    "tsx": "text/tsx",
    "xml": "application/xml",
    "yaml": "application/yaml",
}
_BY_MEDIA = {media: language for language, media in _MEDIA.items() if language} | {
    "application/javascript": "javascript",
    "text/x-markdown": "markdown",
    "text/xml": "xml",
    "text/yaml": "yaml",
}
_NAMES = {
    "cpp": "C++",
    "csharp": "C#",
    "css": "CSS",
    "csv": "CSV",
    "fsharp": "F#",
    "graphql": "GraphQL",
    "hcl": "HCL",
    "html": "HTML",
    "ini": "INI",
    "javascript": "JavaScript",
    "json": "JSON",
    "jsx": "React",
    "latex": "LaTeX",
    "php": "PHP",
    "powershell": "PowerShell",
    "scss": "SCSS",
    "sql": "SQL",
    "svg": "SVG",
    "toml": "TOML",
    "tsv": "TSV",
    "tsx": "React",
    "typescript": "TypeScript",
    "xml": "XML",
    "yaml": "YAML",
}
_KNOWN = frozenset(_ALIASES) | frozenset(_ALIASES.values()) | _EXTENSIONS


def language_of(label: str) -> str:
    """Return the language that a label stands for."""
    lowered = label.lower()
    return _ALIASES.get(lowered, lowered)


def language_of_file(name: str) -> str | None:
    """Return the language of a file by its name; None if it is not the name of a known kind of file."""
    base = name.replace("\\", "/").rpartition("/")[2].lower()
    if base in _FILES:
        return _FILES[base]
    stem, _, extension = base.rpartition(".")
    return language_of(extension) if stem and extension in _EXTENSIONS else None


def language_of_media(media_type: str) -> str | None:
    """Return the language of a media type; None if it is not known."""
    subtype = media_type.rpartition("/x-")[2]
    return _BY_MEDIA.get(media_type) or (language_of(subtype) if is_known(subtype) else None)


def is_known(label: str) -> bool:
    return label.lower() in _KNOWN


def media_type_of(language: str) -> str:
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in language)
    return _MEDIA.get(language) or f"text/x-{plain}"


def display_name(language: str) -> str:
    """Return the display name of a language."""
    return _NAMES.get(language) or language.capitalize()


_FILE_EXTENSIONS = {
    "bash": "sh",
    "clojure": "clj",
    "csharp": "cs",
    "elixir": "ex",
    "erlang": "erl",
    "fsharp": "fs",
    "haskell": "hs",
    "hcl": "tf",
    "javascript": "js",
    "julia": "jl",
    "kotlin": "kt",
    "latex": "tex",
    "markdown": "md",
    "mermaid": "mmd",
    "perl": "pl",
    "powershell": "ps1",
    "protobuf": "proto",
    "python": "py",
    "ruby": "rb",
    "rust": "rs",
    "typescript": "ts",
}


def extension_of(language: str) -> str:
    """Return the file extension for a language, without the dot."""
    if language in _FILE_EXTENSIONS:
        return _FILE_EXTENSIONS[language]
    return language if language in _EXTENSIONS else "txt"
