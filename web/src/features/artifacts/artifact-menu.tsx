import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { DownloadIcon, ExternalLinkIcon, FolderPlusIcon, MessageSquareIcon, PencilIcon, Share2Icon, Trash2Icon } from "lucide-react";
import { type ReactNode, useRef } from "react";

import type { Artifact } from "@/api/client";
import { Menu, MenuContent, MenuItem, MenuLink, MenuSeparator, MenuTrigger } from "@/components/ui/menu";
import { deleteArtifacts } from "@/data/artifacts";
import { saveArtifact } from "@/data/exports";
import { meQuery } from "@/data/me";
import { useMayWrite } from "@/data/shares";
import { useT } from "@/features/artifacts/texts";
import { address } from "@/lib/base";

export type Dialog = "share" | "collect";

interface MenuProps {
  artifact: Artifact;
  revision: number;
  onRename: () => void;
  onAsk: (dialog: Dialog) => void;
  onDeleted: (() => void) | undefined;
  /** The trigger. */
  children: ReactNode;
}

/** The actions of an artifact. */
export function ArtifactMenu({ artifact, revision, onRename, onAsk, onDeleted, children }: MenuProps) {
  const t = useT();
  const { id, conversation_id: conversation, message_id: message, branch } = artifact;
  const { data: me } = useQuery(meQuery);
  const mayWrite = useMayWrite(artifact);
  const mine = me?.id === artifact.owner_id;
  // Dialogs open after the menu has returned the focus.
  const next = useRef<() => void>(undefined);
  const then = (act: () => void) => () => {
    next.current = act;
  };
  const goOn = () => {
    const { current: act } = next;
    next.current = undefined;
    if (act) queueMicrotask(act);
  };
  return (
    <Menu modal={false}>
      <MenuTrigger asChild>{children}</MenuTrigger>
      <MenuContent align="end" onCloseAutoFocus={goOn}>
        {mayWrite && (
          <MenuItem icon={<PencilIcon />} onSelect={then(onRename)}>
            {t("artifacts.rename")}
          </MenuItem>
        )}
        <MenuItem icon={<DownloadIcon />} onSelect={() => void saveArtifact(artifact, revision)}>
          {t("artifacts.download")}
        </MenuItem>
        <MenuLink>
          <a href={address(`artifacts/${id}`)} target="_blank" rel="noopener">
            <ExternalLinkIcon aria-hidden /> {t("artifacts.newTab")}
          </a>
        </MenuLink>
        {mine && conversation && (
          <MenuLink>
            <Link to="/c/$conversationId" params={{ conversationId: conversation }} search={{ artifact: id, ...(branch && { branch }), ...(message && { message }) }}>
              <MessageSquareIcon aria-hidden /> {t("artifacts.conversation")}
            </Link>
          </MenuLink>
        )}
        <MenuSeparator />
        <MenuItem icon={<FolderPlusIcon />} onSelect={then(() => onAsk("collect"))}>
          {t("artifacts.collection.add")}
        </MenuItem>
        {mine && (
          <MenuItem icon={<Share2Icon />} onSelect={then(() => onAsk("share"))}>
            {t("artifacts.share")}
          </MenuItem>
        )}
        {mine && <MenuSeparator />}
        {mine && (
          <MenuItem
            danger
            icon={<Trash2Icon />}
            onSelect={() => {
              onDeleted?.();
              void deleteArtifacts([artifact]);
            }}
          >
            {t("artifacts.delete")}
          </MenuItem>
        )}
      </MenuContent>
    </Menu>
  );
}
