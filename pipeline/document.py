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


def document(package: str, title: str, data: object, *, pictures: str = "data:", requests: str = "") -> bytes:
    """The page as UTF-8, in the user's language: `style.css` and the script of a package, and `data` for the script.

    The script is `script.js`, or every file of a folder `script` in the order of their names. It finds `data` as JSON
    in the element #data, in which no tag can begin, and fills #header and #main. The page's policy forbids every other
    script and style, pictures from anywhere but `pictures`, and requests but to `requests` (sources: CSP 3, 2.3.1).
    """
    style, script = _style_and_script(package)
    values = {
        "language": "ko" if is_korean() else "en",
        "policy": policy_of(package, pictures, requests),
        "title": escape(title),
        "noscript": escape(_("This page needs JavaScript; it loads nothing from anywhere.")),
        "style": style,
        "data": _json(data),
        "script": script,
    }
    page = re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], _TEMPLATE)
    return page.encode("utf-8", errors="replace")  # JSON from the web may hold halves of characters


def policy_of(package: str, pictures: str = "data:", requests: str = "") -> str:
    """The policy that stands in a page of `document`, for a server to send as well."""
    style, script = _style_and_script(package)
    connect = f" connect-src {requests};" if requests else ""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src {pictures};{connect}"
        " base-uri 'none'; form-action 'none'"
    )


def _style_and_script(package: str) -> tuple[str, str]:
    folder = files(package)
    parts = folder.joinpath("script")
    scripts = sorted(parts.iterdir(), key=lambda file: file.name) if parts.is_dir() else [folder.joinpath("script.js")]
    script = "".join(file.read_text("utf-8") for file in scripts if file.name.endswith(".js"))
    return folder.joinpath("style.css").read_text("utf-8"), script


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(data: object) -> str:
    """JSON that can lie in a script element: no `<` begins a tag or a comment in it (HTML standard, 4.12.1.3)."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
