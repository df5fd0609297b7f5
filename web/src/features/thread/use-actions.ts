import { type RefObject, useMemo } from "react";

import { useForkBranch } from "@/data/branches";
import { useAnswerAgain, useEditMessage, useRetryMessage } from "@/data/messages";
import { useRateMessage } from "@/data/ratings";
import { continueRun } from "@/data/runs";
import { notice } from "@/lib/notice";

import type { ThreadActions } from "./thread-context";
import type { Viewport } from "./viewport";

/** What can be done in a thread. Whatever has something answered follows the answer. */
export function useActions({
  conversationId,
  models,
  viewport,
  setEditing,
  ask,
  onBranch,
  onChoose,
}: {
  conversationId: string;
  models: readonly string[];
  viewport: RefObject<Viewport | undefined>;
  setEditing: ThreadActions["edit"];
  ask: ThreadActions["ask"];
  onBranch: ThreadActions["goTo"];
  onChoose: ThreadActions["goOnWith"];
}): ThreadActions {
  const { mutate: say } = useEditMessage(conversationId);
  const { mutate: retry } = useRetryMessage(conversationId);
  const { mutate: answer } = useAnswerAgain(conversationId);
  const { mutate: rate } = useRateMessage(conversationId);
  const { mutate: fork } = useForkBranch(conversationId);
  return useMemo(() => {
    const follow = () => viewport.current?.toEnd();
    return {
      edit: setEditing,
      say: (message, parts) =>
        say(
          { message, parts, models },
          {
            onSuccess: () => {
              setEditing(undefined);
              follow();
            },
          },
        ),
      retry: (message, model) => retry({ id: message.id, model }, { onSuccess: follow }),
      answer: (branch) => answer({ branch, models }, { onSuccess: follow }),
      goOn: (run) => void continueRun(run).then(follow, notice.error),
      rate: ({ id }, value) => rate({ id, value }),
      fork: ({ id }) => fork({ at: id }),
      goTo: (branch) => {
        viewport.current?.hold();
        onBranch(branch);
      },
      goOnWith: (branch) => {
        viewport.current?.hold();
        onChoose(branch);
      },
      ask,
    };
  }, [say, retry, answer, rate, fork, models, viewport, setEditing, ask, onBranch, onChoose]);
}
