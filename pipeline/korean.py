"""The Korean catalogue: English message -> Korean message, with the same named fields."""

KOREAN: dict[str, str] = {}
