"""Completing lists: cursor pages that cannot loop, and lists that have no cursor."""

from typing import TypeVar

from profitsync.sources.errors import BadResponseError
from profitsync.sources.shopify.client import ShopifyClient
from profitsync.sources.shopify.fragments import MOST
from profitsync.sources.shopify.wire import Connection, ListOwner, Owned, PageInfo, PageOwner

T = TypeVar("T")


class CursorWalk:
    """Follows the cursors of one list and refuses to go in circles."""

    def __init__(self, client: ShopifyClient, about: str) -> None:
        self._client = client
        self._about = about
        self._seen: set[str] = set()

    def after(self, page: PageInfo) -> str | None:
        """The cursor of the next page, None after the last one.

        Raises `BadResponseError` when a next page is announced without a cursor or with an old one.
        """
        if not page.has_next_page:
            return None
        if page.end_cursor is None:
            raise self._client.bad(self._about, "announces another page without a cursor")
        if page.end_cursor in self._seen:
            raise self._client.bad(self._about, "came with the same cursor twice")
        self._seen.add(page.end_cursor)
        return page.end_cursor


def complete(
    client: ShopifyClient,
    owner: str,
    first_page: Connection[T],
    document: str,
    kind: type[Owned[PageOwner[T]]],
    about: str,
    **optional: bool,
) -> None:
    """Append all further pages of the list of `owner` (a gid) to `first_page`; `optional` as in the first."""
    walk = CursorWalk(client, about)
    page = first_page.page_info
    while (cursor := walk.after(page)) is not None:
        answer = client.ask(document, {"id": owner, "after": cursor, **optional}, kind, about).owner
        if answer is None:
            raise _vanished(client, about)
        first_page.nodes.extend(answer.items.nodes)
        page = answer.items.page_info
    first_page.page_info = page


def whole(
    client: ShopifyClient,
    order: str,
    items: list[T],
    asked: int,
    document: str,
    kind: type[Owned[ListOwner[T]]],
    about: str,
    **optional: bool,
) -> list[T]:
    """A list without cursor, of which `asked` elements were asked for; a full one is asked for again.

    Raises `BadResponseError` when it is full even at the highest number Shopify allows: there may be more.
    """
    if len(items) < asked:
        return items
    answer = client.ask(document, {"id": order, **optional}, kind, about).owner
    if answer is None:
        raise _vanished(client, about)
    if len(answer.items) >= MOST:
        raise client.bad(about, f"may have more than the {MOST} elements that can be read")
    return answer.items


def _vanished(client: ShopifyClient, about: str) -> BadResponseError:
    return client.bad(about, "vanished while it was read")
