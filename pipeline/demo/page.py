"""The pages of the demo's image-search site: pure functions from tiles to HTML, in Korean, every text escaped.

The style sheet and the script beside this file (search.css, search.js) are put into the page as they are, except that
each load gets class names of its own.
"""

import base64
import hashlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from urllib.parse import urlsplit

NO_RESULTS = "와 일치하는 이미지 검색결과가 없습니다"
SHOW_MORE = "결과 더보기"
ENDED = "더 이상 표시할 콘텐츠가 없습니다."

_BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAP///////yH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
_CLASS_NAME = re.compile(r"(?<=\.)[a-z]+(?=[\s,.:{>])")
_TABS = "<span>전체</span><span class='{chosen}'>이미지</span><span>동영상</span><span>뉴스</span><span>지도</span>"


@dataclass(frozen=True, slots=True)
class Tile:
    """One result as the search engine knows it; sizes in pixels as claimed, `preview` the thumbnail's JPEG bytes."""

    document_id: str
    thumbnail_id: str
    image_url: str
    page_url: str
    title: str
    width: int
    height: int
    preview: bytes


@dataclass(frozen=True, slots=True)
class Dress:
    """What differs from load to load: class names, and which elements carry their `jsname` (a share from 0 to 1)."""

    seed: int
    load: int
    jsname_share: float

    def name(self, role: str) -> str:
        """The random class name that plays `role` in this load."""
        digest = hashlib.sha256(f"{self.seed}/{self.load}/{role}".encode()).digest()
        return "x" + base64.b32encode(digest).decode().lower()[: 5 + digest[0] % 3]

    def randomness(self, start: int) -> random.Random:
        return random.Random(f"{self.seed}/{self.load}/{start}")

    def jsname(self, value: str, randomness: random.Random) -> str:
        return f' jsname="{value}"' if randomness.random() < self.jsname_share else ""


@dataclass(frozen=True, slots=True)
class Search:
    """One result page: what was asked, the tiles in all, and how the page behaves (delays in seconds)."""

    query: str
    tiles: Sequence[Tile]
    dress: Dress
    batch: int
    inline_thumbnails: int
    hover_link: bool
    panel: bool
    panel_waits: bool
    preview_delay: tuple[float, float]
    show_more_after: int
    script_data: bool
    layout_changed: bool
    trap: str


def result_page(search: Search) -> str:
    """The page with its first batch; the rest comes by `batch_fragment`."""
    name = search.dress.name
    more = (
        f'<div id="more" class="{name("foot")}">'
        f'<input type="button" class="{name("button")}" value="{SHOW_MORE}" hidden></div>'
        f'<div id="viewer" class="{name("viewer")}"></div>'
    )
    body = (
        _head(search.dress, search.query)
        + f'<div class="{name("tabs")}">{_TABS.format(chosen=name("chosen"))}</div>'
        + f'<div id="islrg" class="{name("grid")}">{batch_fragment(search, 0)}</div>'
        + more
        + _trap(search.trap)
        + f"<script>{_file('search.js')}\nrun({_configuration(search)});</script>"
    )
    return _document(search.dress, f"{search.query} - 이미지 검색", body)


def batch_fragment(search: Search, start: int) -> str:
    """The tiles from place `start` on, one batch of them, as an HTML fragment with one outer element."""
    tiles = search.tiles[start : start + search.batch]
    randomness = search.dress.randomness(start)
    write = _unknown_tile if search.layout_changed else _tile
    inner = "".join(write(search, tile, start + place, randomness) for place, tile in enumerate(tiles))
    payload = base64.b64encode(json.dumps([_facts(tile) for tile in tiles]).encode()).decode()
    script = f'<script type="text/plain">{payload}</script>'
    data = _script_data(tiles) if search.script_data else ""
    return f'<div class="{search.dress.name("batch")}">{inner}{script}{data}</div>'


def empty_page(dress: Dress, query: str) -> str:
    """What a query without results gives."""
    notice = f"<p>'<em>{escape(query)}</em>'{NO_RESULTS}.</p><p>모든 단어의 철자가 정확한지 확인해 보세요.</p>"
    return _document(dress, f"{query} - 이미지 검색", _head(dress, query) + _notice(dress, notice))


def home_page(dress: Dress) -> str:
    """The page with nothing but the search field."""
    return _document(dress, "이미지 검색", _head(dress, ""))


def consent_page(dress: Dress, destination: str) -> str:
    """Asks for cookies before the first search; `destination` is where both answers lead."""
    notice = (
        "<h1>계속하기 전에</h1><p>이 사이트는 쿠키와 데이터를 사용합니다. 모두 거부하거나 수락할 수 있습니다.</p>"
        + "".join(
            f'<form action="/consent" method="post"><input type="hidden" name="continue" value="{escape(destination)}">'
            f'<input type="hidden" name="set" value="{value}">'
            f'<button id="{identity}" class="{dress.name("button")} {dress.name(look)}">{text}</button></form>'
            for identity, value, text, look in (
                ("W0wltc", "no", "모두 거부", "button"),
                ("L2AGLb", "yes", "모두 수락", "strong"),
            )
        )
    )
    return _document(dress, "계속하기 전에", _notice(dress, notice))


def captcha_page(dress: Dress) -> str:
    """The wall: only a person gets past it, so this one cannot be passed at all."""
    notice = (
        '<form id="captcha-form" action="index" method="post">'
        '<label><input type="checkbox" name="person"> 로봇이 아닙니다.</label></form>'
        "<hr><p><b>이 페이지에 대한 정보</b></p>"
        "<p>컴퓨터 네트워크에서 비정상적인 트래픽이 감지되었습니다. "
        "요청을 보낸 것이 로봇이 아니라 실제 사용자임을 확인하는 페이지입니다.</p>"
    )
    return _document(dress, "비정상적인 트래픽", _notice(dress, notice))


def photo_page(title: str) -> str:
    """The page of a foreign site on which a picture was found."""
    return (
        f'<!doctype html><html lang="ko"><meta charset="utf-8"><title>{escape(title)}</title><h1>{escape(title)}</h1>'
    )


def _document(dress: Dress, title: str, body: str) -> str:
    style = _CLASS_NAME.sub(lambda match: dress.name(match[0]), _file("search.css"))
    return (
        '<!doctype html>\n<html lang="ko"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body>{body}</body></html>\n"
    )


def _head(dress: Dress, query: str) -> str:
    name = dress.name
    return (
        f'<div class="{name("head")}"><a class="{name("brand")}" href="/">이미지 검색</a>'
        f'<form class="{name("search")}" action="/search" role="search">'
        f'<input class="{name("field")}" name="q" value="{escape(query)}" aria-label="검색" autocomplete="off">'
        f'<input type="hidden" name="udm" value="2"><button class="{name("go")}">검색</button></form></div>'
    )


def _notice(dress: Dress, inner: str) -> str:
    return f'<div class="{dress.name("notice")}">{inner}</div>'


def _tile(search: Search, tile: Tile, place: int, randomness: random.Random) -> str:
    name = search.dress.name
    host = escape(_host(tile.page_url))
    reference = f' href="{escape(tile.page_url)}"' if tile.page_url.startswith(("http://", "https://")) else ""
    return (
        f'<div{search.dress.jsname("dTDiAc", randomness)} class="{name("tile")}" style="--ratio:{_ratio(tile)}"'
        f' data-docid="{escape(tile.document_id)}" data-lpage="{escape(tile.page_url)}"'
        f' data-ved="{randomness.getrandbits(64):016x}"><h3><a class="{name("thumb")}" role="button" tabindex="0">'
        f'<img alt="{escape(tile.title)}" {_source(search, tile, place)}></a></h3>'
        f'<a class="{name("caption")}" target="_blank" rel="noopener noreferrer"{reference}>'
        f'<span class="{name("source")}">{host}</span>'
        f'<span class="{name("title")}">{escape(tile.title)}</span></a></div>'
    )


def _unknown_tile(search: Search, tile: Tile, place: int, randomness: random.Random) -> str:
    """A tile after a change of layout: nothing by which a tile, its link or its picture was known."""
    name = search.dress.name
    picture = f"background:url(/images?q=tbn:{tile.thumbnail_id}) center/cover"
    label = f"{place + 1}. {tile.title}"
    return (
        f'<div class="{name("tile")}" style="--ratio:{_ratio(tile)}" data-{randomness.choice("abc")}>'
        f'<span class="{name("thumb")}" style="{picture}"></span>'
        f'<span class="{name("title")}">{escape(label)}</span></div>'
    )


def _source(search: Search, tile: Tile, place: int) -> str:
    if place < search.inline_thumbnails:
        return f'src="data:image/jpeg;base64,{base64.b64encode(tile.preview).decode()}"'
    return f'src="{_BLANK}" data-src="/images?q=tbn:{tile.thumbnail_id}"'


def _ratio(tile: Tile) -> float:
    return round(min(2.2, max(0.6, tile.width / max(1, tile.height))), 3)


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""  # a hostile address, such as http://[


def _facts(tile: Tile) -> dict[str, str | int]:
    return {
        "image": tile.image_url,
        "page": tile.page_url,
        "host": _host(tile.page_url),
        "title": tile.title,
        "width": tile.width,
        "height": tile.height,
        "docid": tile.document_id,
        "tbnid": tile.thumbnail_id,
    }


def _script_data(tiles: Sequence[Tile]) -> str:
    """The engine's own data as its pages carry it: per picture [address, height, width], and the document's id."""
    entries = [
        [
            0,
            tile.document_id,
            [f"/images?q=tbn:{tile.thumbnail_id}", 160, round(160 * _ratio(tile))],
            [tile.image_url, tile.height, tile.width],
            None,
            0,
            "rgb(202,160,176)",
            None,
            0,
            {"2003": [None, tile.thumbnail_id, tile.page_url, tile.title]},
        ]
        for tile in tiles
    ]
    call = f"{{key:'ds:1',hash:'2',data:{_json([56, entries])},sideChannel:{{}}}}"
    return f"<script>(window.AF_initDataCallback||(()=>{{}}))({call});</script>"


def _configuration(search: Search) -> str:
    style = _file("search.css")
    return _json(
        {
            "query": search.query,
            "load": search.dress.load,
            "seed": search.dress.seed * 1_000_003 + search.dress.load,
            "total": len(search.tiles),
            "jsname": search.dress.jsname_share,
            "hoverLink": search.hover_link,
            "panel": search.panel,
            "panelWaits": search.panel_waits,
            "previewDelay": search.preview_delay,
            "showMoreAfter": search.show_more_after,
            "ended": ENDED,
            "names": {role: search.dress.name(role) for role in sorted(set(_CLASS_NAME.findall(style)))},
        }
    )


def _json(value: object) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("=", "\\u003d").replace("&", "\\u0026")


def _trap(address: str) -> str:
    if not address:
        return ""
    return f'<img src="{escape(address)}" alt="" width="1" height="1"><iframe src="{escape(address)}" hidden></iframe>'


@cache
def _file(name: str) -> str:
    return files("pipeline.demo").joinpath(name).read_text(encoding="utf-8")
