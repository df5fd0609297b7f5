import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef } from "react";

import { MessageArtifacts, InlineArtifact } from "@/features/artifacts/message-artifacts";
import type { ArtifactSlots } from "@/features/thread/thread-context";
import { threadSearch } from "@/lib/address-search";

/** The artifact that the URL opens beside the conversation, so that Back closes it. */
export function useArtifact() {
  const { artifact: shown } = useSearch({ from: "/c/$conversationId", select: threadSearch });
  const navigate = useNavigate({ from: "/c/$conversationId" });
  const { history } = useRouter();
  /** Whether it was opened from this page, so that Back leads to the page without it. */
  const opened = useRef(false);
  const isOpen = shown !== undefined;
  useEffect(() => {
    if (!isOpen) opened.current = false;
  }, [isOpen]);
  const open = useCallback(
    (id: string) => {
      if (!isOpen) opened.current = true;
      void navigate({ search: (before) => ({ ...before, artifact: id }), replace: isOpen });
    },
    [navigate, isOpen],
  );
  const close = useCallback(() => {
    if (shown) focusCard(shown);
    if (opened.current) history.back();
    else void navigate({ search: (before) => ({ ...before, artifact: undefined }), replace: true });
  }, [history, navigate, shown]);
  return { shown, open, close };
}

/** Return the focus to the card that opened the panel. */
function focusCard(id: string): void {
  document.querySelector<HTMLElement>(`[data-artifact="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
}

/** How the artifacts of a response are rendered. */
export function useArtifactSlots(conversationId: string, shown: string | undefined, open: (id: string) => void): ArtifactSlots {
  return useMemo(
    () => ({
      below: (answer) => <MessageArtifacts conversationId={conversationId} {...answer} shown={shown} open={open} />,
      inline: (answer, part, at) => <InlineArtifact conversationId={conversationId} {...answer} part={part} at={at} shown={shown} open={open} />,
    }),
    [conversationId, shown, open],
  );
}
