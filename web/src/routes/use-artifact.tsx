import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef } from "react";

import { MessageArtifacts, InlineArtifact } from "@/features/artifacts/message-artifacts";
import type { ArtifactSlots } from "@/features/thread/thread-context";
import { threadSearch } from "@/lib/address-search";

/** What is open beside the thread, as the address says; so the way back closes it. */
export function useArtifact() {
  const { artifact: shown } = useSearch({ from: "/c/$conversationId", select: threadSearch });
  const navigate = useNavigate({ from: "/c/$conversationId" });
  const { history } = useRouter();
  /** Whether it was opened from this page, and the way back leads to the page without it. */
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

/** Go on where the panel was opened. */
function focusCard(id: string): void {
  document.querySelector<HTMLElement>(`[data-artifact="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
}

/** How what was made in an answer is shown in the thread. */
export function useArtifactSlots(conversationId: string, shown: string | undefined, open: (id: string) => void): ArtifactSlots {
  return useMemo(
    () => ({
      below: (answer) => <MessageArtifacts conversationId={conversationId} {...answer} shown={shown} open={open} />,
      inline: (answer, part, at) => <InlineArtifact conversationId={conversationId} {...answer} part={part} at={at} shown={shown} open={open} />,
    }),
    [conversationId, shown, open],
  );
}
