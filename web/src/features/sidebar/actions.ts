import { useNavigate, useParams } from "@tanstack/react-router";

import type { Conversation } from "@/api/client";
import { type ConversationChanges, deleteConversations, updateConversations } from "@/data/conversations";
import { useT } from "@/i18n";
import { notice } from "@/lib/notice";

import { NOTHING } from "./selection";
import { sidebar } from "./state";

type Several = readonly Conversation[];

function changeEach(conversations: Several, changes: (conversation: Conversation) => ConversationChanges): void {
  void updateConversations(new Map(conversations.map((conversation) => [conversation.id, changes(conversation)])));
}

function change(conversations: Several, changes: ConversationChanges): void {
  changeEach(conversations, () => changes);
}

/** What can be done with conversations; most of it can be taken back. */
export function useActions() {
  const t = useT();
  const navigate = useNavigate();
  const open = useParams({ strict: false, select: (params) => params.conversationId });

  const named = (conversations: Several) => ({
    count: conversations.length,
    title: conversations[0]?.title || t("app.untitled"),
  });

  return {
    pin: (conversations: Several, pinned: boolean) => change(conversations, { pinned }),
    archive(conversations: Several, archived: boolean) {
      change(conversations, { archived });
      sidebar({ selection: NOTHING });
      const text = t(archived ? "sidebar.archived" : "sidebar.unarchived", named(conversations));
      notice.undoable(text, () => change(conversations, { archived: !archived }));
    },
    move(conversations: Several, project: { readonly id: string; readonly name: string } | null) {
      const moved = conversations.filter(({ project_id }) => project_id !== (project?.id ?? null));
      if (moved.length === 0) return;
      change(moved, { project_id: project?.id ?? null });
      sidebar({ selection: NOTHING });
      const text = project
        ? t("sidebar.moved", { ...named(moved), project: project.name })
        : t("sidebar.movedOut", named(moved));
      notice.undoable(text, () => changeEach(moved, ({ project_id }) => ({ project_id })));
    },
    /** Give a tag to all of them, or take it from all. */
    tag(conversations: Several, tag: string, given: boolean) {
      const others = (tags: readonly string[]) => tags.filter((other) => other !== tag);
      const concerned = conversations.filter(({ tags }) => tags.includes(tag) !== given);
      changeEach(concerned, ({ tags }) => ({ tags: given ? [...tags, tag] : others(tags) }));
    },
    remove(conversations: Several) {
      void deleteConversations(conversations);
      sidebar({ selection: NOTHING });
      if (conversations.some(({ id }) => id === open)) void navigate({ to: "/" });
    },
  };
}

export type Actions = ReturnType<typeof useActions>;
