import { useQuery } from "@tanstack/react-query";
import { CheckIcon, FolderIcon, FolderXIcon } from "lucide-react";
import { type ReactNode, useState } from "react";

import type { Conversation } from "@/api/client";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Input } from "@/components/ui/field";
import { flatten, projectTree } from "@/data/project-tree";
import { projectsQuery } from "@/data/projects";
import { useT } from "@/i18n";
import { overlay } from "@/lib/overlays";

import { useActions } from "./actions";

/** Moves conversations to a project. */
export function MoveDialog({ conversations, onClose }: { conversations: readonly Conversation[]; onClose: () => void }) {
  const t = useT();
  const { move } = useActions();
  const { data: projects = [] } = useQuery(projectsQuery);
  const [text, setText] = useState("");
  const shown = flatten(projectTree(projects)).filter(({ project }) => project.name.toLowerCase().includes(text.toLowerCase()));
  const places = new Set(conversations.map(({ project_id }) => project_id));
  const many = projects.length > 8;
  const isIn = (id: string | null) => places.size === 1 && places.has(id);
  const choose = (project: { id: string; name: string } | null) => {
    move(conversations, project);
    onClose();
  };
  return (
    <Dialog open onOpenChange={onClose} title={t("sidebar.move.title", { count: conversations.length })}>
      {many && (
        <Input autoFocus type="search" aria-label={t("sidebar.move.filter")} placeholder={t("sidebar.move.filter")} value={text} onChange={(event) => setText(event.target.value)} />
      )}
      <ul className="-mx-2 flex min-h-0 flex-col overflow-y-auto">
        <Choice icon={<FolderXIcon aria-hidden />} autoFocus={!many} chosen={isIn(null)} depth={0} onChoose={() => choose(null)}>
          {t("sidebar.move.none")}
        </Choice>
        {shown.map(({ project, depth }) => (
          <Choice key={project.id} icon={<FolderIcon aria-hidden />} chosen={isIn(project.id)} depth={text ? 0 : depth} onChoose={() => choose(project)}>
            {project.name}
          </Choice>
        ))}
      </ul>
      <DialogFooter>
        <Button
          onClick={() => {
            onClose();
            overlay({ project: { parentId: null, conversations: conversations.map(({ id }) => id) } });
          }}
        >
          {t("projects.new")}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

function Choice({
  icon,
  autoFocus = false,
  chosen,
  depth,
  onChoose,
  children,
}: {
  icon: ReactNode;
  autoFocus?: boolean;
  chosen: boolean;
  depth: number;
  onChoose: () => void;
  children: ReactNode;
}) {
  return (
    <li style={{ paddingInlineStart: `${depth * 1.25}rem` }}>
      <Button className="w-full justify-start font-normal" autoFocus={autoFocus} aria-pressed={chosen} onClick={onChoose}>
        {icon}
        <span dir="auto" className="min-w-0 flex-1 truncate text-left rtl:text-right">
          {children}
        </span>
        {chosen && <CheckIcon aria-hidden className="text-accent" />}
      </Button>
    </li>
  );
}
