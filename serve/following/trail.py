"""How far one model was followed: which versions play which part, and how each of them stands."""

from dataclasses import dataclass, field, replace

from headgate.documents.ledger import LedgerEntry
from serve.following.shadow import Record, Shadow
from serve.live import Beside, LiveModel, Watched

RETRY_SECONDS = (1.0, 30.0)


@dataclass(slots=True)
class Part:
    """A part a version plays for a model: champion, canary or shadow.

    What plays it goes on until the wanted version is loaded, if it ``holds_on``.
    """

    holds_on: bool = False
    wanted: str | None = None
    live: LiveModel | None = None
    failure: str | None = None
    pause: float = RETRY_SECONDS[0]
    try_at: float = 0.0

    @property
    def playing(self) -> str | None:
        return self.live.version if self.live is not None else None

    def want(self, version: str | None) -> None:
        """Have another version play it; what is known of a failure is about the one before."""
        if version == self.wanted:
            return
        self.wanted, self.failure = version, None
        self.pause, self.try_at = RETRY_SECONDS[0], 0.0
        if not self.holds_on and self.playing != version:
            self.live = None

    def is_due(self, now: float) -> bool:
        return self.wanted is not None and self.playing != self.wanted and now >= self.try_at

    def take(self, live: LiveModel) -> None:
        """Let a loaded version play it from now on."""
        self.live, self.failure = live, None

    def fail(self, reason: str, now: float) -> None:
        """Note why the wanted version cannot play it; tried again ever more rarely."""
        self.failure = reason
        self.try_at = now + self.pause
        self.pause = min(2 * self.pause, RETRY_SECONDS[1])

    def beside(self, share: float | None = None) -> Beside | None:
        if self.wanted is None:
            return None
        return Beside(self.wanted, share, self.live, self.failure)


@dataclass(slots=True)
class Trail:
    """One model: the newest entry of its ledger that was read, and the parts.

    ``recalled`` says that the entry comes from the cache, and the store did not confirm it yet;
    ``remembered`` is what is in the cache.
    ``broken`` is why the ledger cannot be read on.
    """

    model: str
    pin: str | None = None
    required: bool = False
    head: LedgerEntry | None = None
    recalled: bool = False
    remembered: LedgerEntry | None = None
    broken: str | None = None
    champion: Part = field(default_factory=lambda: Part(holds_on=True))
    canary: Part = field(default_factory=Part)
    shadow: Part = field(default_factory=Part)
    comparing: Shadow | None = None

    def __post_init__(self) -> None:
        self.champion.want(self.pin)

    @property
    def parts(self) -> tuple[Part, Part, Part]:
        return self.champion, self.canary, self.shadow

    def follow(self, entry: LedgerEntry) -> None:
        """Take the next entry: the parts it gives out, and what answers under it from now on."""
        self.head, self.broken = entry, None
        canary = entry.state.canary
        self.champion.want(entry.state.champion)
        self.canary.want(canary.version if canary is not None else None)
        for part in (self.champion, self.canary):
            if part.live is not None and part.playing == part.wanted:
                part.live = replace(part.live, entry=entry)

    def try_again(self) -> None:
        """Forget how long to wait after failures: what they came from may be over."""
        for part in self.parts:
            part.try_at = 0.0

    def compare(self, record: Record) -> None:
        """Show the champion's answers to the shadow, counted anew for each pair of versions."""
        champion, shadow = self.champion.live, self.shadow.live
        pair = (champion.version, shadow.version) if champion and shadow else None
        now = (self.comparing.against, self.comparing.version) if self.comparing else None
        if pair != now:
            self.stop()
            if champion is not None and shadow is not None:
                self.comparing = Shadow(shadow.scorer, champion.version, record)
                self.comparing.start()
        if champion is not None and champion.shadow is not self.comparing:
            self.champion.live = replace(champion, shadow=self.comparing)

    def stop(self) -> None:
        """End what runs beside the answers."""
        if self.comparing is not None:
            self.comparing.stop()
            self.comparing = None

    def shown(self) -> Watched:
        """Return what a request may see of it."""
        split = self.head.state.canary if self.head is not None else None
        return Watched(
            self.model,
            pinned=self.pin is not None,
            required=self.required,
            head=self.head,
            wanted=self.champion.wanted,
            live=self.champion.live,
            failure=self.broken or self.champion.failure,
            canary=self.canary.beside(split.share if split is not None else None),
            shadow=self.shadow.beside(),
        )
