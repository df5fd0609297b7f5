import {
  BracesIcon,
  EllipsisIcon,
  GitBranchIcon,
  InfoIcon,
  PencilIcon,
  PlayIcon,
  RefreshCwIcon,
  Trash2Icon,
} from "lucide-react";

import type { Message } from "@/api/client";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger, SubMenu } from "@/components/ui/menu";
import { PlainButton } from "@/components/ui/plain-button";
import { useThreadContext } from "./thread-context";
import { useT } from "@/i18n";

/** The menu of a message. It mounts open. */
export default function MessageMenu({ message }: { message: Message }) {
  const t = useT();
  const { actions, modelMenu } = useThreadContext();
  const { run_id: run, role } = message;
  const answer = role === "assistant" && message.parent_id !== null;
  return (
    <Menu defaultOpen modal={false}>
      <MenuTrigger asChild>
        <PlainButton label={t("app.more")}>
          <EllipsisIcon aria-hidden />
        </PlainButton>
      </MenuTrigger>
      <MenuContent align="start">
        <MenuItem icon={<PencilIcon />} onSelect={() => actions.edit(message.id)}>
          {t("thread.edit")}
        </MenuItem>
        {answer && modelMenu && (
          <SubMenu icon={<RefreshCwIcon />} label={t("thread.regenerateWith")}>
            {modelMenu((model) => actions.regenerate(message, model))}
          </SubMenu>
        )}
        {answer && run && (
          <MenuItem icon={<PlayIcon />} onSelect={() => actions.continueRun(run)}>
            {t("thread.continue")}
          </MenuItem>
        )}
        <MenuItem icon={<GitBranchIcon />} onSelect={() => actions.fork(message)}>
          {t("thread.fork")}
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon={<InfoIcon />} onSelect={() => actions.openDialog({ kind: "details", message })}>
          {t("thread.details")}
        </MenuItem>
        <MenuItem icon={<BracesIcon />} onSelect={() => actions.openDialog({ kind: "raw", message })}>
          {t("thread.raw")}
        </MenuItem>
        <MenuSeparator />
        <MenuItem danger icon={<Trash2Icon />} onSelect={() => actions.openDialog({ kind: "delete", message })}>
          {t("thread.delete")}
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
