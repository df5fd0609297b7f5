import { keepFocusInList } from "@/lib/sidebar";

import { MoveDialog } from "./move-dialog";
import { sidebar, useSidebar } from "./state";
import { TagsDialog } from "./tags-dialog";

function close(): void {
  sidebar({ dialog: undefined });
  keepFocusInList();
}

/** The open dialog, if any. */
export default function SidebarDialog() {
  const dialog = useSidebar((state) => state.dialog);
  if (!dialog) return null;
  const OpenDialog = dialog.kind === "move" ? MoveDialog : TagsDialog;
  return <OpenDialog conversations={dialog.conversations} onClose={close} />;
}
