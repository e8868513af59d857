"""croissant.json: a dataset described for machines (MLCommons Croissant 1.0, docs.mlcommons.org/croissant).

Everything from the web is a JSON string here and acts nowhere. No time is in it, so `datePublished`, which nobody knows
before a dataset is published, is left to the one who publishes it.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields

from pipeline.card import MOST_ROWS, NOT_KNOWN, plain, title_of
from pipeline.files import sha256_of
from pipeline.finished import SUFFIXES, Curation, FinishedPicture, metadata_bytes
from pipeline.records import SPLITS, Split

SPEC = "http://mlcommons.org/croissant/1.0"
_CONTEXT: Mapping[str, object] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context of the specification's appendix, word for word, as it asks."""


def croissant(pictures: Sequence[FinishedPicture], curation: Curation) -> bytes:
    """Describe a dataset folder: its files, and a record for each picture. Equal datasets give equal bytes."""
    content = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": SPEC,
        "name": title_of(curation),
        "description": (
            f"Unpaired images of two kinds, A ({plain(curation.names['A'])}) and B ({plain(curation.names['B'])}), for"
            " image-to-image translation."
        ),
        "url": "./",
        "license": _licences(pictures),
        "creator": {"@type": "sc:Organization", "name": "made with unpaired"},
        "version": curation.versions.get("unpaired", "0"),
        "distribution": _distribution(pictures, curation),
        "recordSet": [_record_set(split) for split in SPLITS if any(one.split == split for one in pictures)],
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode("utf-8", errors="replace")


def _licences(pictures: Sequence[FinishedPicture]) -> list[str]:
    """What the images' licences are called, the most frequent first; that of most is not known."""
    counted = Counter(plain(picture.licence) or NOT_KNOWN for picture in pictures)
    ranked = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return [licence for licence, _count in ranked[:MOST_ROWS]] or [NOT_KNOWN]


def _distribution(pictures: Sequence[FinishedPicture], curation: Curation) -> list[Mapping[str, object]]:
    kind = str(curation.options.get("format", "jpeg"))
    described: list[Mapping[str, object]] = []
    for split in SPLITS:
        rows = metadata_bytes(one for one in pictures if one.split == split)
        described.append(
            {
                "@type": "cr:FileObject",
                "@id": f"{split}-metadata",
                "name": f"{split}-metadata",
                "description": f"A line for each picture of {split}/.",
                "contentUrl": f"{split}/metadata.jsonl",
                "contentSize": f"{len(rows)} B",
                "encodingFormat": "application/jsonlines",
                "sha256": sha256_of(rows),
            }
        )
    for split in SPLITS:
        described.append(
            {
                "@type": "cr:FileSet",
                "@id": f"{split}-images",
                "name": f"{split}-images",
                "description": f"The pictures of {split}/, in the folders A and B.",
                "encodingFormat": f"image/{kind}",
                "includes": f"{split}/*/*.{SUFFIXES[kind]}",
            }
        )
    return described


def _record_set(split: Split) -> Mapping[str, object]:
    """A record for each line of a split's metadata; `image` holds the picture that the line names."""
    name = f"{split}-pictures"
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"The pictures of {split}, with where each came from.",
        "key": {"@id": f"{name}/file_name"},
        "field": [_image(name, split), *(_field(name, split, field) for field in fields(FinishedPicture))],
    }


def _image(name: str, split: Split) -> Mapping[str, object]:
    return {
        "@type": "cr:Field",
        "@id": f"{name}/image",
        "name": "image",
        "description": "The picture, upright sRGB.",
        "dataType": "sc:ImageObject",
        "source": {"fileSet": {"@id": f"{split}-images"}, "extract": {"fileProperty": "content"}},
    }


def _field(name: str, split: Split, field: Field[object]) -> Mapping[str, object]:
    """A column of metadata.jsonl. `file_name` loses its folder here, and so leads to the picture of that name."""
    source: dict[str, object] = {"fileObject": {"@id": f"{split}-metadata"}, "extract": {"column": field.name}}
    described: dict[str, object] = {
        "@type": "cr:Field",
        "@id": f"{name}/{field.name}",
        "name": field.name,
        "dataType": "sc:Integer" if field.type is int else "sc:Text",
        "source": source,
    }
    if field.name == "file_name":
        source["transform"] = {"regex": "^(?:[AB]/)?(.+)$"}
        described["references"] = {"fileSet": {"@id": f"{split}-images"}, "extract": {"fileProperty": "filename"}}
    return described
