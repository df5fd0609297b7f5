import { ArchiveIcon, ArchiveRestoreIcon, DownloadIcon, FolderInputIcon, TagIcon, Trash2Icon, XIcon } from "lucide-react";

import { IconButton } from "@/components/ui/button";
import { knownConversations } from "@/data/conversations";
import { exportConversations } from "@/data/exports";
import { useT } from "@/i18n";

import { useActions } from "./actions";
import { NOTHING } from "./selection";
import { sidebar, useSidebar } from "./state";

/** The actions for the selection. */
export default function SelectionBar() {
  const t = useT();
  const ids = useSidebar((state) => state.selection.ids);
  const archived = useSidebar((state) => state.view.archived);
  const { archive, remove } = useActions();
  const conversations = knownConversations([...ids]);
  return (
    <div role="group" aria-label={t("sidebar.selection.actions")} className="border-t px-2 py-1.5">
      <div className="flex items-center justify-between ps-2.5 text-sm">
        {t("sidebar.selection", { count: conversations.length })}
        <IconButton side="top" label={t("sidebar.selection.clear")} onClick={() => sidebar({ selection: NOTHING })}>
          <XIcon />
        </IconButton>
      </div>
      <div className="flex justify-between">
        <IconButton side="top" label={t(archived ? "sidebar.unarchive" : "sidebar.archive")} onClick={() => archive(conversations, !archived)}>
          {archived ? <ArchiveRestoreIcon /> : <ArchiveIcon />}
        </IconButton>
        <IconButton side="top" label={t("sidebar.move")} onClick={() => sidebar({ dialog: { kind: "move", conversations } })}>
          <FolderInputIcon />
        </IconButton>
        <IconButton side="top" label={t("sidebar.tags")} onClick={() => sidebar({ dialog: { kind: "tags", conversations } })}>
          <TagIcon />
        </IconButton>
        <IconButton side="top" label={t("sidebar.export")} onClick={() => void exportConversations(conversations)}>
          <DownloadIcon />
        </IconButton>
        <IconButton side="top" label={t("app.delete")} className="text-danger hover:bg-danger-soft" onClick={() => remove(conversations)}>
          <Trash2Icon />
        </IconButton>
      </div>
    </div>
  );
}
