"""Requests as a visitor makes them: a connection each, no token, no redirect followed."""

import asyncio

import httpx

from nomad_console.domain.text import printable

CONNECT_S = 3.0
READ_S = 5.0
_FIRST_BAD = 400
_LONGEST = 100
_ENOUGH = 1_000_000  # bytes: a visitor who has that was served


class Visitor:
    """GET and nothing else, only of the URLs it is given; redirects are answers."""

    def __init__(self) -> None:
        self._made: httpx.AsyncClient | None = None

    async def get(self, url: str) -> str:
        """What went wrong, in a few words; "" where it was answered below 400."""
        if self._made is None:
            self._made = httpx.AsyncClient(
                limits=httpx.Limits(max_keepalive_connections=0),
                timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
                trust_env=False,
                headers={"User-Agent": "nomad-console probe"},
            )
        try:
            async with (
                asyncio.timeout(CONNECT_S + READ_S),
                self._made.stream("GET", url) as response,
            ):
                await _body(response)
        except TimeoutError:
            return f"no whole answer within {CONNECT_S + READ_S:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return printable(_words(error))[:_LONGEST]
        if response.status_code < _FIRST_BAD:
            return ""
        return printable(f"{response.status_code} {response.reason_phrase}".strip())[:_LONGEST]

    async def close(self) -> None:
        if self._made is not None:
            await self._made.aclose()
            self._made = None


async def _body(response: httpx.Response) -> None:
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > _ENOUGH:
            return


def _words(error: Exception) -> str:
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {CONNECT_S:g} s"
        case httpx.TimeoutException():
            return f"no answer within {READ_S:g} s"
        case _:
            return " ".join(str(error).split()) or type(error).__name__
