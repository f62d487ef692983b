"""One subscription to Nomad's events, and whether it missed any."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from nomad_console.clock import Clock
from nomad_console.live.apis import Frame, NomadApi

FIRST_FRAME_S = 2.0  # the frame asked for comes with the acceptance, if the server still has it

NODE_TOPICS = ("Node",)
NAMESPACE_TOPICS = ("Allocation", "Deployment", "Evaluation", "Job")
ALL_TOPICS = NODE_TOPICS + NAMESPACE_TOPICS


async def close(frames: AsyncIterator[Frame]) -> None:
    """Let the connection go now, not when the garbage is collected."""
    if isinstance(frames, AsyncGenerator):
        await frames.aclose()


class EventStream:
    """Asks to begin with the last frame it had: seeing that very frame, it missed nothing.

    An index that the server no longer holds begins, without a sign, at the oldest it has.
    """

    def __init__(
        self,
        nomad: NomadApi,
        clock: Clock,
        topics: Sequence[str],
        namespace: str,
        *,
        heard: Callable[[Frame], None],
        missed: Callable[[], None],
    ) -> None:
        self.name = f"events of {namespace}"
        self.index = 0
        self.accepted = False
        self.heard_at: float | None = None
        self._nomad = nomad
        self._clock = clock
        self._topics = topics
        self._namespace = namespace
        self._heard = heard
        self._missed = missed
        self._expected_by: float | None = None

    async def follow(self) -> None:
        """One connection, until it ends; raises `ApiError`."""
        frames = self._nomad.events(self._topics, index=self.index, namespace=self._namespace)
        try:
            async for frame in frames:
                self.heard_at = self._clock.elapsed()
                if not self.accepted:
                    self.accepted = True
                    self._begin()
                if frame.index:
                    self._compare(frame.index)
                self._heard(frame)
        finally:
            self.accepted = False
            await close(frames)

    def check(self) -> None:
        """Give up waiting for the frame that would have proved that nothing was missed."""
        if self._expected_by is not None and self._clock.elapsed() >= self._expected_by:
            self._expected_by = None
            self._missed()

    def silent_s(self) -> float:
        return 0.0 if self.heard_at is None else self._clock.elapsed() - self.heard_at

    def _begin(self) -> None:
        if self.index:
            self._expected_by = self._clock.elapsed() + FIRST_FRAME_S
        else:
            self._missed()

    def _compare(self, index: int) -> None:
        if self._expected_by is not None:
            self._expected_by = None
            if index != self.index:
                self._missed()
        self.index = index
