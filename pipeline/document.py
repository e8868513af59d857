"""A page in one file, with style, script and data inside; it opens from disk, and nothing but its own script acts."""

import base64
import hashlib
import json
import re
from html import escape
from importlib.resources import files

from pipeline.language import _, is_korean

_TEMPLATE = """\
<!DOCTYPE html>
<html lang="{{language}}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{policy}}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{{title}}</title>
<style>{{style}}</style>
</head>
<body>
<noscript>{{noscript}}</noscript>
<header id="header"></header>
<main id="main"></main>
<script type="application/json" id="data">{{data}}</script>
<script>{{script}}</script>
</body>
</html>
"""


def document(package: str, title: str, data: object, *, pictures: str = "data:") -> bytes:
    """The page as UTF-8, in the user's language: `style.css` and `script.js` of a package, and `data` for the script.

    The script finds `data` as JSON in the element #data, in which no tag can begin, and fills #header and #main. The
    page's policy forbids every other script and style, and pictures from anywhere but `pictures` (sources as in CSP 3,
    2.3.1).
    """
    folder = files(package)
    style, script = (folder.joinpath(name).read_text("utf-8") for name in ("style.css", "script.js"))
    values = {
        "language": "ko" if is_korean() else "en",
        "policy": _policy(style, script, pictures),
        "title": escape(title),
        "noscript": escape(_("This page needs JavaScript; it loads nothing from anywhere.")),
        "style": style,
        "data": _json(data),
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], _TEMPLATE).encode()


def _policy(style: str, script: str, pictures: str) -> str:
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src {pictures};"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(data: object) -> str:
    """JSON that can lie in a script element: no `<` begins a tag or a comment in it (HTML standard, 4.12.1.3)."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
