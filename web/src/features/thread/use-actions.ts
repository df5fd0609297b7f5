import { type RefObject, useMemo } from "react";

import { useForkBranch } from "@/data/branches";
import { useGenerateResponse, useEditMessage, useRegenerateResponse } from "@/data/messages";
import { useRateMessage } from "@/data/ratings";
import { continueRun } from "@/data/runs";
import { notice } from "@/lib/notice";

import type { ThreadActions } from "./thread-context";
import type { Viewport } from "./viewport";

/** The actions of a conversation. After an action that generates a response, the view follows the response. */
export function useActions({
  conversationId,
  models,
  viewport,
  setEditing,
  openDialog,
  onBranch,
  onChoose,
}: {
  conversationId: string;
  models: readonly string[];
  viewport: RefObject<Viewport | undefined>;
  setEditing: ThreadActions["edit"];
  openDialog: ThreadActions["openDialog"];
  onBranch: ThreadActions["switchBranch"];
  onChoose: ThreadActions["selectResponse"];
}): ThreadActions {
  const { mutate: edit } = useEditMessage(conversationId);
  const { mutate: regenerate } = useRegenerateResponse(conversationId);
  const { mutate: generate } = useGenerateResponse(conversationId);
  const { mutate: rate } = useRateMessage(conversationId);
  const { mutate: fork } = useForkBranch(conversationId);
  return useMemo(() => {
    const follow = () => viewport.current?.toEnd();
    return {
      edit: setEditing,
      editMessage: (message, parts) =>
        edit(
          { message, parts, models },
          {
            onSuccess: () => {
              setEditing(undefined);
              follow();
            },
          },
        ),
      regenerate: (message, model) => regenerate({ id: message.id, model }, { onSuccess: follow }),
      generate: (branch) => generate({ branch, models }, { onSuccess: follow }),
      continueRun: (run) => void continueRun(run).then(follow, notice.error),
      rate: ({ id }, value) => rate({ id, value }),
      fork: ({ id }) => fork({ at: id }),
      switchBranch: (branch) => {
        viewport.current?.hold();
        onBranch(branch);
      },
      selectResponse: (branch) => {
        viewport.current?.hold();
        onChoose(branch);
      },
      openDialog,
    };
  }, [edit, regenerate, generate, rate, fork, models, viewport, setEditing, openDialog, onBranch, onChoose]);
}
