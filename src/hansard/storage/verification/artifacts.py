"""Verifies artifacts: all revisions exist, contents match their digests, and the newest revision is indexed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence

from hansard.model.artifacts import Artifact, ArtifactText, Content, Revision
from hansard.storage import search_index
from hansard.storage.base import Reader
from hansard.storage.query import Query
from hansard.storage.verification.findings import PAGE, Collector


async def verify_artifacts(tx: Reader, collector: Collector, which: Query[Artifact]) -> None:
    """Verify the artifacts that a query selects."""
    after: tuple[str, ...] | None = None
    while page := await tx.select(which.by("id").page(PAGE, after)):
        ids = [artifact.id for artifact in page]
        texts = await tx.select(Query(ArtifactText).where(id__in=ids).by("id"))
        wrong = {text.id for text in await search_index.wrongly_indexed_artifacts(tx, texts)}
        wrong |= set(ids) - {text.id for text in texts}
        for artifact in page:
            if artifact.incomplete:
                continue
            collector.looked_at["artifacts"] += 1
            await _revisions(tx, artifact, collector)
            if artifact.id in wrong:
                finding = "has wrong entries in the search index"
                collector.find(f"artifact {artifact.id}", finding, repairable=True)
        after = (ids[-1],)


async def _revisions(tx: Reader, artifact: Artifact, collector: Collector) -> None:
    subject = f"artifact {artifact.id}"
    revisions = await tx.select(Query(Revision).where(artifact_id=artifact.id).by("number"))
    digests = {revision.digest for revision in revisions}
    if not collector.whole:
        collector.contents |= digests
    if await tx.count(Query(Content).where(id__in=sorted(digests))) < len(digests):
        collector.find(subject, "has revisions whose content is missing")
    newest = revisions[-1] if revisions else None
    if newest is None or (newest.number, newest.size) != (artifact.revision, artifact.size):
        collector.find(subject, f"lacks its revision {artifact.revision}")
    elif len(revisions) != artifact.revision - artifact.removed:
        finding = f"has {len(revisions)} revisions, {artifact.removed} were removed, of {artifact.revision}"
        collector.find(subject, finding)


async def verify_contents(
    tx: Reader, collector: Collector, ids: Sequence[str] | None = None
) -> None:
    """Verify that all contents, or those with these ids, match their digests."""
    after: tuple[str, ...] | None = None
    query = Query(Content) if ids is None else Query(Content).where(id__in=list(ids))
    while contents := await tx.select(query.by("id").page(PAGE // 10, after)):
        for content in contents:
            if _digest(content) != content.id:
                collector.find(f"content {content.id}", "does not match its digest")
        after = (contents[-1].id,)


def _digest(content: Content) -> str:
    try:
        plain = zlib.decompress(content.data) if content.encoding else content.data
    except zlib.error:
        return ""
    return hashlib.sha256(plain).hexdigest()
