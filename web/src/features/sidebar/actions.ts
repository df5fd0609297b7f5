import { useNavigate, useParams } from "@tanstack/react-router";

import type { Conversation } from "@/api/client";
import { type ConversationChanges, deleteConversations, updateConversations } from "@/data/conversations";
import { type Key, useT } from "@/i18n";
import { notice } from "@/lib/notice";

import { NOTHING } from "./selection";
import { sidebar } from "./state";

type Conversations = readonly Conversation[];

function change(conversations: Conversations, changes: (conversation: Conversation) => ConversationChanges): Promise<Conversations> {
  return updateConversations(new Map(conversations.map((conversation) => [conversation.id, changes(conversation)])));
}

/** The actions for conversations; most can be undone. */
export function useActions() {
  const t = useT();
  const navigate = useNavigate();
  const open = useParams({ strict: false, select: (params) => params.conversationId });

  /** Show a notice with an undo button. */
  const notifyDone = (done: Conversations, key: Key, values: { readonly project?: string }, undo: () => void) => {
    const [first] = done;
    if (first) notice.undoable(t(key, { count: done.length, title: first.title || t("app.untitled"), ...values }), undo);
  };

  return {
    pin(conversations: Conversations, pinned: boolean) {
      void change(conversations, () => ({ pinned }));
    },
    async archive(conversations: Conversations, archived: boolean) {
      sidebar({ selection: NOTHING });
      const done = await change(conversations, () => ({ archived }));
      notifyDone(done, archived ? "sidebar.archived" : "sidebar.unarchived", {}, () => void change(done, () => ({ archived: !archived })));
    },
    async move(conversations: Conversations, project: { readonly id: string; readonly name: string } | null) {
      const moved = conversations.filter(({ project_id }) => project_id !== (project?.id ?? null));
      if (moved.length === 0) return;
      const places = new Map(moved.map(({ id, project_id }) => [id, project_id]));
      sidebar({ selection: NOTHING });
      const done = await change(moved, () => ({ project_id: project?.id ?? null }));
      notifyDone(done, project ? "sidebar.moved" : "sidebar.movedOut", project ? { project: project.name } : {}, () =>
        void change(done, ({ id }) => ({ project_id: places.get(id) ?? null })),
      );
    },
    /** Add a tag to all of them, or remove it from all. */
    tag(conversations: Conversations, tag: string, add: boolean) {
      const others = (tags: readonly string[]) => tags.filter((other) => other !== tag);
      const concerned = conversations.filter(({ tags }) => tags.includes(tag) !== add);
      void change(concerned, ({ tags }) => ({ tags: add ? [...tags, tag] : others(tags) }));
    },
    remove(conversations: Conversations) {
      void deleteConversations(conversations);
      sidebar({ selection: NOTHING });
      if (conversations.some(({ id }) => id === open)) void navigate({ to: "/" });
    },
  };
}

export type Actions = ReturnType<typeof useActions>;
