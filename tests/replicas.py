"""Loopback replicas of what image-search engines answer, written from the documented shapes (docs/engines.md)."""

import html
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from hypothesis import strategies as st

from crawler.answers import FetchPage
from crawler.options import CrawlOptions
from crawler.pages import fetch_page, open_connections

Parameters = Mapping[str, str]


@dataclass(frozen=True)
class Picture:
    """One image that an engine knows."""

    url: str
    page: str = "https://blog.example/글?a=1&b=2"
    title: str = "벚꽃 & 거리"
    width: int = 1280
    height: int = 853


@dataclass(frozen=True)
class Answer:
    body: str = ""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Replica:
    """A running replica: its base address, and every request as (path, parameters, headers)."""

    url: str
    asked: list[tuple[str, Parameters, Mapping[str, str]]]

    def parameters(self) -> list[Parameters]:
        return [parameters for _path, parameters, _headers in self.asked]


Website = Callable[[str, Parameters], Answer]
"""A website: (path, parameters) to its answer."""


def pictures(count: int, first: int = 0) -> list[Picture]:
    return [Picture(f"https://images.example/{number}.jpg?벚꽃=1") for number in range(first, first + count)]


@contextmanager
def serve(website: Website) -> Iterator[Replica]:
    asked: list[tuple[str, Parameters, Mapping[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            parameters = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            asked.append((parts.path, parameters, dict(self.headers)))
            answer = website(parts.path, parameters)
            body = answer.body.encode("utf-8", "surrogatepass")
            self.send_response(answer.status)
            fixed = {"Content-Type": answer.content_type, "Content-Length": str(len(body))}
            for name, value in {**fixed, **answer.headers}.items():
                self.send_header(name, value)
            with suppress(ConnectionError):  # a client that has gone is what some tests are about
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Replica(f"http://127.0.0.1:{server.server_port}", asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def door(base_url: str, slept: list[float] | None = None, **values: Any) -> FetchPage:
    """The real way to an engine's pages, to a replica; waits are noted instead of waited."""
    options = CrawlOptions(search_url=base_url, **values)
    waits = slept if slept is not None else []
    return partial(
        fetch_page,
        options=options,
        connections=open_connections(options, base_url),
        headers={"User-Agent": "test"},
        sleep=waits.append,
    )


def as_json(value: object) -> Answer:
    return Answer(json.dumps(value, ensure_ascii=False), content_type="application/json; charset=utf-8")


def bing(known: Sequence[Picture], page: int = 35) -> Website:
    def website(path: str, parameters: Parameters) -> Answer:
        assert path == "/images/async", path
        first = int(parameters["first"])
        return Answer(bing_page(known[first : first + page]))

    return website


def bing_page(shown: Sequence[Picture]) -> str:
    return "".join(f'<div class="imgpt"><a class="iusc" {_bing_attributes(one)}></a></div>' for one in shown)


def _bing_attributes(one: Picture) -> str:
    facts = {"cid": "x", "murl": one.url, "purl": one.page, "turl": "https://ts1.example/th?id=1", "t": one.title}
    link = "/images/search?" + urlencode(
        {"view": "detailV2", "mediaurl": one.url, "expw": one.width, "exph": one.height}
    )
    return f'm="{html.escape(json.dumps(facts, ensure_ascii=False))}" href="{html.escape(link)}"'


def naver(known: Sequence[Picture], page: int = 50) -> Website:
    def website(path: str, parameters: Parameters) -> Answer:
        assert (path, parameters["where"]) == ("/search.naver", "image"), path
        start = int(parameters["start"]) - 1
        return Answer(naver_page(known[start : start + page]))

    return website


def naver_page(shown: Sequence[Picture]) -> str:
    """The data as the page writes it: keys without quotes, an advertisement among the images."""
    entries = [
        f"""{{type:"image", link:{json.dumps(one.page)}, thumb:'https://search.pstatic.net/common/?src=x',"""
        f"""originalUrl:{json.dumps(one.url)}, title:{json.dumps(f"<mark>{one.title}</mark>")}, """
        f"""orgWidth:"{one.width}", orgHeight:{one.height},}}"""
        for one in shown
    ]
    listed = ", ".join(['{type:"shopAd", originalUrl:"https://shop.example/ad.jpg"}', *entries])
    data = f"""{{shopAd: {{items:null}}, query:'it\\'s', content: {{ total: {len(shown)}, items: [{listed}] }} }}"""
    return f"<html><script>var imageSearchTabData = {data};\nrun(imageSearchTabData);</script></html>"


TOKEN = "4-12345678901234567890"


def duckduckgo(known: Sequence[Picture], page: int = 100) -> Website:
    def website(path: str, parameters: Parameters) -> Answer:
        if path == "/":
            return Answer(
                f'<html><script>DDG.ready(); vqd="4-12345678901234567890"; q={parameters["q"]!r}</script></html>'
            )
        assert (path, parameters["vqd"]) == ("/i.js", "4-12345678901234567890"), path
        place = int(parameters.get("s", "0"))
        following = f"i.js?q=x&o=json&p=1&s={place + page}&u=bing" if place + page < len(known) else None
        return as_json({"results": [_duck(one) for one in known[place : place + page]], "next": following})

    return website


def _duck(one: Picture) -> dict[str, object]:
    facts = {"image": one.url, "url": one.page, "title": one.title, "width": one.width, "height": one.height}
    return {**facts, "thumbnail": "https://tse1.example/th", "source": "Bing"}


def openverse(known: Sequence[Picture], page: int = 20) -> Website:
    def website(path: str, parameters: Parameters) -> Answer:
        assert path == "/v1/images/", path
        assert int(parameters["page_size"]) <= 20
        number = int(parameters["page"])
        shown = known[page * (number - 1) : page * number]
        count = -(-len(known) // page)
        return as_json({"result_count": len(known), "page_count": count, "results": [_open(one) for one in shown]})

    return website


def _open(one: Picture) -> dict[str, object]:
    return {
        "url": one.url,
        "foreign_landing_url": one.page,
        "title": one.title,
        "creator": "홍길동",
        "license": "by-sa",
        "license_version": "4.0",
        "license_url": "https://creativecommons.org/licenses/by-sa/4.0/",
        "attribution": f'"{one.title}" by 홍길동 is licensed under CC BY-SA 4.0.',
        "width": one.width,
        "height": one.height,
        "thumbnail": "https://api.openverse.org/v1/images/x/thumb/",
    }


def commons(known: Sequence[Picture], page: int = 50) -> Website:
    def website(path: str, parameters: Parameters) -> Answer:
        assert (path, parameters["generator"]) == ("/w/api.php", "search"), path
        offset = int(parameters.get("gsroffset", "0"))
        shown = [_file(one, offset + index) for index, one in enumerate(known[offset : offset + page], start=1)]
        answer: dict[str, object] = {"batchcomplete": True}
        if shown:
            answer["query"] = {"pages": sorted(shown, key=lambda one: str(one["title"]))}  # by page, not by rank
        if offset + page < len(known):
            answer["continue"] = {"gsroffset": offset + page, "continue": "gsroffset||"}
        return as_json(answer)

    return website


def _file(one: Picture, index: int) -> dict[str, object]:
    described = {
        "LicenseShortName": {"value": "CC BY-SA 4.0"},
        "LicenseUrl": {"value": "https://creativecommons.org/licenses/by-sa/4.0"},
        "Artist": {"value": '<a href="//commons.wikimedia.org/wiki/User:Hong" title="x">홍길동</a>'},
    }
    information = {"url": one.url, "descriptionurl": one.page, "width": one.width, "height": one.height}
    return {
        "pageid": 1000 + index,
        "ns": 6,
        "title": f"File:{one.title}",
        "index": index,
        "imageinfo": [{**information, "mime": "image/jpeg", "extmetadata": described}],
    }


WEBSITES: Mapping[str, Callable[[Sequence[Picture]], Website]] = {
    "bing": bing,
    "naver": naver,
    "duckduckgo": duckduckgo,
    "openverse": openverse,
    "commons": commons,
}

plain_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
"""Any JSON value at all."""


def shaped(names: Sequence[str]) -> st.SearchStrategy[Any]:
    """JSON whose objects have the engine's own names, with anything beneath them."""
    return st.recursive(
        plain_json
        | st.sampled_from(
            ["https://a.kr/1.jpg", "//a.kr/2.jpg", "//a.kr/\ud800\n", "http://[", "\ud800", "9" * 40, 10**30]
        ),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(names), inner, max_size=6),
        max_leaves=20,
    )
