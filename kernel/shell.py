"""What a page's frame shows around its content. Rooms above say what stands in it; the kernel only draws it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Item:
    """A place to go. `key` is the letter after G that leads there; `is_current` is set by `at`.

    `also` is an address elsewhere whose pages belong to it.
    """

    label: str
    url: str
    icon: str
    key: str = ""
    also: str = ""
    count: int | None = None
    is_hot: bool = False
    is_current: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """Items that stand together in the sidebar, under a small title where there is one."""

    items: tuple[Item, ...]
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is signed in. `keys` is off where the person switched single-letter keys off."""

    name: str
    role: str = ""
    keys: bool = True


@dataclass(frozen=True, kw_only=True)
class Countdown:
    """The nearest deadline, shown on every page. `seconds` left; negative is over; a paused one stands still."""

    label: str
    url: str
    seconds: int
    is_paused: bool = False


@dataclass(frozen=True, kw_only=True)
class Shell:
    """An empty address leaves its part of the frame out."""

    groups: tuple[Group, ...] = ()
    tabs: tuple[Item, ...] = ()
    menu: tuple[Item, ...] = ()
    bell: Item | None = None
    person: Person | None = None
    countdown: Countdown | None = None
    home_url: str = "/"
    finder_url: str = ""
    sign_out_url: str = ""
    language_url: str = ""

    @property
    def places(self) -> Iterator[Item]:
        for group in self.groups:
            yield from group.items

    @property
    def current(self) -> Item | None:
        return next((item for item in self.places if item.is_current), None)

    def at(self, path: str) -> "Shell":
        """The same frame with the place marked that `path` belongs to: the longest address it starts with."""
        items = [*self.places, *self.tabs, *self.menu]
        addresses = (address for item in items for address in (item.url, item.also) if address)
        nearest = max((address for address in addresses if _leads_to(address, path=path)), key=len, default=None)

        def marked(items: tuple[Item, ...]) -> tuple[Item, ...]:
            return tuple(
                replace(item, is_current=nearest is not None and nearest in {item.url, item.also}) for item in items
            )

        return replace(
            self,
            groups=tuple(replace(group, items=marked(group.items)) for group in self.groups),
            tabs=marked(self.tabs),
            menu=marked(self.menu),
        )


def _leads_to(url: str, *, path: str) -> bool:
    """Whether `path` is `url` or lies under it; the root leads only to itself."""
    place = url.partition("?")[0]
    return path == place or (place != "/" and path.startswith(place.rstrip("/") + "/"))
