import { useQuery } from "@tanstack/react-query";
import { CopyIcon, LinkIcon, UserIcon, XIcon } from "lucide-react";
import { useState } from "react";

import type { Artifact, Share } from "@/api/client";
import { CopyButton } from "@/components/markdown/copy-button";
import { Button, IconButton } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, Select } from "@/components/ui/field";
import { sharesQuery, useLinkArtifact, useRevokeShare, useShareArtifact } from "@/data/shares";
import { useT } from "@/features/artifacts/texts";
import { useLanguage } from "@/i18n";
import { explain } from "@/lib/notice";
import { dateTime } from "@/lib/time";

const DAY = 24 * 3600 * 1000;
const DAYS = [1, 7, 30] as const;

const inDays = (days: number) => (days > 0 ? { expires_at: new Date(Date.now() + days * DAY).toISOString() } : {});

/** Shares an artifact with users and by link. */
export default function ShareDialog({ artifact, onClose }: { artifact: Artifact; onClose: () => void }) {
  const t = useT();
  return (
    <Dialog open onOpenChange={onClose} title={t("artifacts.share.title", { title: artifact.title })} description={t("artifacts.share.hint")} className="sm:max-w-xl">
      <WithPerson artifact={artifact} />
      <WithLink artifact={artifact} />
      <Current artifact={artifact} />
    </Dialog>
  );
}

function WithPerson({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const { mutate: share, isPending } = useShareArtifact(artifact.id);
  const [user, setUser] = useState("");
  const [right, setRight] = useState<"read" | "write">("read");
  return (
    <form
      className="flex flex-col gap-3 border-t pt-4"
      onSubmit={(event) => {
        event.preventDefault();
        share({ user_id: user.trim(), right }, { onSuccess: () => setUser("") });
      }}
    >
      <h3 className="text-sm font-medium">{t("artifacts.share.people")}</h3>
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-40 flex-1">
          <Field label={t("artifacts.share.user")}>
            {(ids) => <Input {...ids} value={user} autoComplete="off" autoCapitalize="off" onChange={(event) => setUser(event.target.value)} />}
          </Field>
        </div>
        <Field label={t("artifacts.share.permission")}>
          {(ids) => (
            <Select {...ids} value={right} onChange={(event) => setRight(event.target.value === "write" ? "write" : "read")}>
              <option value="read">{t("artifacts.share.permission.read")}</option>
              <option value="write">{t("artifacts.share.permission.write")}</option>
            </Select>
          )}
        </Field>
        <Button type="submit" variant="outline" disabled={!user.trim() || isPending}>
          {t("artifacts.share.add")}
        </Button>
      </div>
    </form>
  );
}

function WithLink({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const { mutate: link, data: linkAddress, isPending } = useLinkArtifact(artifact.id);
  const [snapshot, setSnapshot] = useState(false);
  const [days, setDays] = useState(7);
  return (
    <form
      className="flex flex-col gap-3 border-t pt-4"
      onSubmit={(event) => {
        event.preventDefault();
        link({ ...(snapshot && { revision: artifact.revision }), ...inDays(days) });
      }}
    >
      <h3 className="text-sm font-medium">{t("artifacts.share.link")}</h3>
      <p className="-mt-2 text-xs text-muted">{t("artifacts.share.link.hint")}</p>
      <div className="flex flex-wrap items-end gap-2">
        <Field label={t("artifacts.share.version")}>
          {(ids) => (
            <Select {...ids} value={snapshot ? "snapshot" : "newest"} onChange={(event) => setSnapshot(event.target.value === "snapshot")}>
              <option value="newest">{t("artifacts.share.latest")}</option>
              <option value="snapshot">{t("artifacts.share.snapshot", { number: artifact.revision })}</option>
            </Select>
          )}
        </Field>
        <Field label={t("artifacts.share.expires")}>
          {(ids) => (
            <Select {...ids} value={days} onChange={(event) => setDays(Number(event.target.value))}>
              {DAYS.map((count) => (
                <option key={count} value={count}>
                  {t("artifacts.share.days", { count })}
                </option>
              ))}
              <option value={0}>{t("artifacts.share.never")}</option>
            </Select>
          )}
        </Field>
        <Button type="submit" variant="outline" disabled={isPending}>
          {t("artifacts.share.create")}
        </Button>
      </div>
      {linkAddress && (
        <div role="status" className="flex flex-col gap-1 text-sm">
          <p>{t("artifacts.share.created")}</p>
          <p className="flex items-center gap-1 rounded-lg border bg-surface ps-3">
            <code className="min-w-0 flex-1 py-2 text-xs wrap-anywhere" data-link>
              {linkAddress}
            </code>
            <CopyButton label={t("artifacts.share.copy")} text={() => linkAddress} icon={<CopyIcon aria-hidden />} />
          </p>
        </div>
      )}
    </form>
  );
}

function Current({ artifact }: { artifact: Artifact }) {
  const t = useT();
  const { data, error } = useQuery(sharesQuery(artifact.id));
  return (
    <div className="flex flex-col gap-1 border-t pt-4 text-sm">
      <h3 className="font-medium">{t("artifacts.share.current")}</h3>
      {error && <p role="alert" className="text-danger">{explain(error)}</p>}
      {data?.length === 0 && <p className="text-muted">{t("artifacts.share.nobody")}</p>}
      <ul aria-label={t("artifacts.share.current")}>
        {data?.map((share) => (
          <Entry key={share.id} share={share} />
        ))}
      </ul>
    </div>
  );
}

function Entry({ share }: { share: Share }) {
  const t = useT();
  const language = useLanguage();
  const { mutate: revoke } = useRevokeShare();
  const name = share.user_id ?? t("artifacts.share.linkName");
  const shows = share.revision ? t("artifacts.share.snapshot", { number: share.revision }) : t("artifacts.share.latest");
  const facts = [
    share.user_id ? t(`artifacts.share.permission.${share.right}`) : shows,
    ...(share.expires_at ? [t("artifacts.share.until", { time: dateTime(share.expires_at, language) })] : []),
  ];
  return (
    <li className="flex items-center gap-2">
      {share.user_id ? <UserIcon aria-hidden className="size-4 shrink-0" /> : <LinkIcon aria-hidden className="size-4 shrink-0" />}
      <span className="min-w-0 flex-1 wrap-anywhere">
        <span dir="auto">{name}</span> <span className="text-xs text-muted">{facts.join(" · ")}</span>
      </span>
      <IconButton label={t("artifacts.share.revoke", { name })} onClick={() => revoke(share)}>
        <XIcon />
      </IconButton>
    </li>
  );
}
