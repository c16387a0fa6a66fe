"""A shopper without a browser: follows links, fills in forms, presses buttons, as HTML says."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

# What a browser says of itself, and of a form that a person has sent by pressing its button.
BROWSER = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile",
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-User": "?1",
}


class NoButton(Exception):
    """The page has no such button."""


@dataclass
class Form:
    """A form as the page has it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # id → name and value


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        elif self.forms and tag == "button":
            named = (given.get("name", ""), given.get("value", ""))
            self.forms[-1].buttons[given.get("id", "")] = named
        elif self.forms and tag == "input" and given.get("name"):
            if given.get("type") != "radio" or "checked" in given:
                self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif self.forms and tag == "select":
            self._select = given.get("name", "")
        elif self.forms and tag == "option":
            fields = self.forms[-1].fields
            if self._select not in fields or "selected" in given:
                fields[self._select] = given.get("value", "")


class Shopper:
    """One person with one browser; `page` is what it shows."""

    def __init__(self, patience_s: float = 20) -> None:
        self._http = httpx.Client(
            headers=BROWSER, trust_env=False, timeout=patience_s, follow_redirects=True
        )
        self.page: httpx.Response | None = None

    def open(self, url: str) -> httpx.Response:
        """Go to an address."""
        self.page = self._http.get(url)
        return self.page

    def press(self, button: str, **filled: str) -> httpx.Response:
        """Press the button with this id, after filling in fields of its form; raises NoButton."""
        assert self.page is not None, "open a page first"
        parser = _Forms()
        parser.feed(self.page.text)
        form = next((form for form in parser.forms if button in form.buttons), None)
        if form is None:
            raise NoButton(f"{self.page.url} has no button '{button}'")
        name, value = form.buttons[button]
        data = {**form.fields, **filled, **({name: value} if name else {})}
        self.page = self._http.post(urljoin(str(self.page.url), form.action), data=data)
        return self.page

    def close(self) -> None:
        """Close the browser."""
        self._http.close()
