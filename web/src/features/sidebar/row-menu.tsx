import { useNavigate } from "@tanstack/react-router";
import {
  ArchiveIcon,
  ArchiveRestoreIcon,
  DownloadIcon,
  FolderInputIcon,
  FolderPlusIcon,
  ListChecksIcon,
  PencilIcon,
  PinIcon,
  PinOffIcon,
  SlidersHorizontalIcon,
  SquarePenIcon,
  TagIcon,
  Trash2Icon,
} from "lucide-react";
import { useRef } from "react";

import type { Conversation, Project } from "@/api/client";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/components/ui/menu";
import { Kbd } from "@/components/ui/state";
import { exportConversations } from "@/data/exports";
import { useT } from "@/i18n";
import { overlay } from "@/lib/overlays";
import { keyName } from "@/lib/shortcuts";

import { useActions } from "./actions";
import { toggled } from "./selection";
import { type MenuRequest, expand, sidebar } from "./state";

/** Runs an action after the menu has closed and returned the focus. */
type AfterClose = (act: () => void) => () => void;

/** The context menu of a row. */
export default function RowMenu({ request }: { request: MenuRequest }) {
  const chosen = useRef<() => void>(undefined);
  const then: AfterClose = (act) => () => {
    chosen.current = act;
  };
  return (
    <Menu open onOpenChange={() => sidebar({ menu: undefined })}>
      <MenuTrigger asChild>
        <span aria-hidden className="fixed size-0" style={{ left: request.x, top: request.y }} />
      </MenuTrigger>
      <MenuContent
        align="start"
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>(`[data-row="${CSS.escape(request.key)}"]`)?.focus({ preventScroll: true });
          chosen.current?.();
        }}
      >
        {request.kind === "conversation" ? (
          <ConversationItems rowKey={request.key} conversation={request.conversation} then={then} />
        ) : (
          <ProjectItems rowKey={request.key} project={request.project} then={then} />
        )}
      </MenuContent>
    </Menu>
  );
}

function ConversationItems({ rowKey, conversation, then }: { rowKey: string; conversation: Conversation; then: AfterClose }) {
  const t = useT();
  const { pin, archive, remove } = useActions();
  const one = [conversation];
  const { pinned, archived } = conversation;
  return (
    <>
      <MenuItem icon={<PencilIcon />} shortcut={<Pressed name="F2" />} onSelect={then(() => sidebar({ renaming: rowKey }))}>
        {t("sidebar.rename")}
      </MenuItem>
      {!archived && (
        <MenuItem icon={pinned ? <PinOffIcon /> : <PinIcon />} onSelect={then(() => pin(one, !pinned))}>
          {t(pinned ? "sidebar.unpin" : "sidebar.pin")}
        </MenuItem>
      )}
      <MenuItem icon={<FolderInputIcon />} onSelect={then(() => sidebar({ dialog: { kind: "move", conversations: one } }))}>
        {t("sidebar.move")}
      </MenuItem>
      <MenuItem icon={<TagIcon />} onSelect={then(() => sidebar({ dialog: { kind: "tags", conversations: one } }))}>
        {t("sidebar.tags")}
      </MenuItem>
      <MenuSeparator />
      <MenuItem
        icon={<ListChecksIcon />}
        onSelect={then(() => sidebar(({ selection }) => ({ selection: toggled(selection, rowKey, conversation.id) })))}
      >
        {t("sidebar.select")}
      </MenuItem>
      <MenuItem icon={<DownloadIcon />} onSelect={then(() => void exportConversations(one))}>
        {t("sidebar.export")}
      </MenuItem>
      <MenuItem icon={archived ? <ArchiveRestoreIcon /> : <ArchiveIcon />} onSelect={then(() => archive(one, !archived))}>
        {t(archived ? "sidebar.unarchive" : "sidebar.archive")}
      </MenuItem>
      <MenuSeparator />
      <MenuItem danger icon={<Trash2Icon />} shortcut={<Pressed name="Delete" />} onSelect={then(() => remove(one))}>
        {t("app.delete")}
      </MenuItem>
    </>
  );
}

function ProjectItems({ rowKey, project, then }: { rowKey: string; project: Project; then: AfterClose }) {
  const t = useT();
  const navigate = useNavigate();
  const { id } = project;
  return (
    <>
      <MenuItem
        icon={<SquarePenIcon />}
        onSelect={then(() => {
          overlay({ drawer: false });
          void navigate({ to: "/", search: { project: id } });
        })}
      >
        {t("projects.chat")}
      </MenuItem>
      <MenuItem
        icon={<FolderPlusIcon />}
        onSelect={then(() => {
          expand(id, true);
          overlay({ project: { parentId: id } });
        })}
      >
        {t("projects.newSubproject")}
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<PencilIcon />} shortcut={<Pressed name="F2" />} onSelect={then(() => sidebar({ renaming: rowKey }))}>
        {t("sidebar.rename")}
      </MenuItem>
      <MenuItem icon={<SlidersHorizontalIcon />} onSelect={then(() => overlay({ project: { id } }))}>
        {t("projects.edit")}
      </MenuItem>
      <MenuSeparator />
      <MenuItem danger icon={<Trash2Icon />} shortcut={<Pressed name="Delete" />} onSelect={then(() => overlay({ project: { remove: id } }))}>
        {t("app.delete")}
      </MenuItem>
    </>
  );
}

/** The keyboard shortcut of an item, hidden on touch screens. */
function Pressed({ name }: { name: string }) {
  const t = useT();
  return (
    <span aria-hidden className="text-muted touch:hidden">
      <Kbd>{keyName(name, t)}</Kbd>
    </span>
  );
}
