# SPDX-License-Identifier: GPL-3.0-or-later

"""Is the image there, and is it the registry's? If not, pull it."""

from __future__ import annotations

from .._container.platforms import matches_platform
from .._engine.client import Daemon
from .._errors import Missing
from .._lookups import Lookups
from .._types import Json
from .plan import Action, Ledger


def obtain(ledger: Ledger, facts: Lookups, reference: str, policy: str, platform: str | None = None) -> Json | None:
    """An image's document, pulled where that is called for; ``None`` in check mode.

    :param policy: the option ``pull``.
    :raises Missing: not there, and not to be pulled.
    :raises EngineError: ``always``, and the registry does not answer or does not have it.
    """
    document = facts.find_image(reference, platform)
    if not _stale(facts.daemon, reference, document, policy, platform):
        return document

    def deed() -> Json | None:
        facts.daemon.pull(reference, platform)
        facts.forget_image(reference)
        return facts.find_image(reference, platform)

    had = None if document is None else document["Id"]
    action = Action("pull", before={"pulled": had}, after={"pulled": reference}, detail={"image": reference})
    return ledger.do(action, deed)


def _stale(daemon: Daemon, reference: str, document: Json | None, policy: str, platform: str | None) -> bool:
    about = f"image {reference}"
    if policy == "never" and document is None:
        raise Missing(f"Image {reference} is not there, and pull is never: pull, load or build it first.", object=about)
    if reference.startswith("sha256:") and document is None:
        raise Missing(f"Image {reference} is not there, and an image cannot be pulled by its id.", object=about)
    if policy == "never" or reference.startswith("sha256:"):
        return False
    if document is None or (platform and not matches_platform(platform, document)):
        return True
    # What a digest names cannot change.
    return policy == "always" and "@" not in reference and not _same(document, daemon.registry_digest(reference))


def _same(document: Json, digest: str) -> bool:
    return any(str(known).endswith(f"@{digest}") for known in document.get("RepoDigests") or ())
