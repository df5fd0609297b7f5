import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { MessageSquareIcon, MessageSquarePlusIcon, SearchIcon, TextSearchIcon } from "lucide-react";
import { type ReactNode, useState } from "react";

import type { Conversation, Hit } from "@/api/client";
import { Dialog } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/state";
import { fewConversationsQuery, fewHitsQuery } from "@/data/search";
import { useActions } from "@/features/search/actions";
import { Highlighted } from "@/components/highlighted";
import { matchingActions } from "@/features/search/matching-actions";
import { useDebounced } from "@/lib/use-debounced";
import { useT } from "@/features/search/texts";
import { useLanguage } from "@/i18n";
import { explain } from "@/lib/notice";
import { overlay } from "@/lib/overlays";
import { plainExcerpt } from "@/lib/plain-text";
import { unsearchableReason } from "@/lib/search-filter";
import { keyName } from "@/lib/shortcuts";
import { shortDate } from "@/lib/time";

const PAUSE = 150;
/** Limits beside message results; without those, more rows fit. */
const FEW_TITLES = 4;

/** The command palette: commands, conversations by title, and messages by content. */
export default function Palette() {
  const t = useT();
  const navigate = useNavigate();
  const [q, setQ] = useState("");
  const debounced = useDebounced(q.trim(), PAUSE);
  const searchable = unsearchableReason(debounced) === undefined;
  const titles = useQuery(fewConversationsQuery(debounced));
  const hits = useQuery(fewHitsQuery(debounced));
  const actions = matchingActions(useActions(), q);
  const error = hits.error ?? titles.error;

  const after = (go: () => void) => () => {
    close();
    go();
  };
  const open = (conversation: string, search: { branch?: string; message?: string } = {}) =>
    after(() => void navigate({ to: "/c/$conversationId", params: { conversationId: conversation }, search }));

  return (
    <Dialog
      open
      quiet
      onOpenChange={close}
      title={t("search.palette")}
      className="top-0 bottom-auto gap-0 overflow-hidden rounded-t-none rounded-b-2xl p-0 pt-[env(safe-area-inset-top)] sm:rounded-2xl sm:top-[12dvh] sm:max-w-2xl sm:translate-y-0"
    >
      <Command label={t("search.palette")} shouldFilter={false} loop className="flex min-h-0 flex-col">
        <div className="flex items-center gap-3 border-b px-4">
          <SearchIcon aria-hidden className="size-4 shrink-0 text-muted" />
          <Command.Input
            autoFocus
            value={q}
            onValueChange={setQ}
            placeholder={t("search.palette.placeholder")}
            className="h-13 min-w-0 flex-1 bg-transparent outline-none touch:text-[max(16px,1rem)]"
          />
        </div>
        <Command.List className="h-[min(26rem,65dvh)] min-h-0 overflow-y-auto p-2" label={t("search.results")}>
          {error && <p role="alert" className="p-3 text-sm text-danger">{explain(error)}</p>}
          <Command.Empty className="p-6 text-center text-sm text-muted">{t("search.nothing")}</Command.Empty>
          <Group title={t("search.actions")}>
            {actions.map(({ name, label, icon, shortcut, run }) => (
              <Row key={name} value={`action ${name}`} icon={icon} onSelect={after(run)}>
                <span className="flex-1 truncate">{label}</span>
                {shortcut && (
                  <span aria-hidden className="flex gap-1 text-muted touch:hidden">
                    {shortcut.keys.map((key) => (
                      <Kbd key={key}>{keyName(key, t)}</Kbd>
                    ))}
                  </span>
                )}
              </Row>
            ))}
          </Group>
          <Group title={t(debounced ? "search.conversations" : "search.latest")}>
            {titles.data?.slice(0, debounced ? FEW_TITLES : undefined).map((conversation) => (
              <ConversationRow key={conversation.id} conversation={conversation} onSelect={open(conversation.id)} />
            ))}
          </Group>
          <Group title={t("search.messages")}>
            {searchable &&
              hits.data?.map((hit) => (
                <HitRow
                  key={hit.message.id}
                  hit={hit}
                  onSelect={open(hit.conversation.id, { branch: hit.message.branch, message: hit.message.id })}
                />
              ))}
          </Group>
          {debounced !== "" && (
            <Group title={t("search.further")}>
              {searchable && (
                <Row value="all" icon={<TextSearchIcon />} onSelect={after(() => void navigate({ to: "/search", search: { q: debounced } }))}>
                  <span className="truncate">{t("search.all", { q: debounced })}</span>
                </Row>
              )}
              <Row value="ask" icon={<MessageSquarePlusIcon />} onSelect={after(() => void navigate({ to: "/", search: { q: debounced } }))}>
                <span className="truncate">{t("search.startChat", { q: debounced })}</span>
              </Row>
            </Group>
          )}
        </Command.List>
      </Command>
    </Dialog>
  );
}

function close(): void {
  overlay({ palette: false });
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  if (!children || (Array.isArray(children) && children.length === 0)) return null;
  return (
    <Command.Group
      heading={title}
      className="pb-1 **:[[cmdk-group-heading]]:px-2.5 **:[[cmdk-group-heading]]:py-1.5 **:[[cmdk-group-heading]]:text-xs **:[[cmdk-group-heading]]:text-muted"
    >
      {children}
    </Command.Group>
  );
}

function Row({ value, icon, onSelect, children }: { value: string; icon: ReactNode; onSelect: () => void; children: ReactNode }) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex cursor-pointer items-center gap-3 rounded-lg px-2.5 py-2 text-sm data-[selected=true]:bg-hover touch:py-3 [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-muted"
    >
      {icon}
      {children}
    </Command.Item>
  );
}

function ConversationRow({ conversation, onSelect }: { conversation: Conversation; onSelect: () => void }) {
  const t = useT();
  const language = useLanguage();
  return (
    <Row value={`conversation ${conversation.id}`} icon={<MessageSquareIcon />} onSelect={onSelect}>
      <span className="flex-1 truncate">{conversation.title || t("app.untitled")}</span>
      <time dateTime={conversation.active_at} className="shrink-0 text-xs text-muted">
        {shortDate(conversation.active_at, language)}
      </time>
    </Row>
  );
}

function HitRow({ hit, onSelect }: { hit: Hit; onSelect: () => void }) {
  const t = useT();
  const language = useLanguage();
  return (
    <Row value={`message ${hit.message.id}`} icon={<TextSearchIcon />} onSelect={onSelect}>
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline gap-3">
          <span className="flex-1 truncate text-xs text-muted">{hit.conversation.title || t("app.untitled")}</span>
          <time dateTime={hit.message.created_at} className="shrink-0 text-xs text-muted">
            {shortDate(hit.message.created_at, language)}
          </time>
        </span>
        <span className="line-clamp-2 wrap-break-word">
          <Highlighted {...plainExcerpt(hit.snippet, hit.marks)} />
        </span>
      </span>
    </Row>
  );
}
