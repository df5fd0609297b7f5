import {
  BracesIcon,
  ChartNetworkIcon,
  CodeXmlIcon,
  FileIcon,
  FileTextIcon,
  GlobeIcon,
  type LucideIcon,
  PaletteIcon,
  ShapesIcon,
  AtomIcon,
  TableIcon,
  TextIcon,
} from "lucide-react";

import type { ArtifactType } from "@/api/client";

const ICONS: Readonly<Record<ArtifactType, LucideIcon>> = {
  code: CodeXmlIcon,
  html: GlobeIcon,
  css: PaletteIcon,
  svg: ShapesIcon,
  react: AtomIcon,
  markdown: FileTextIcon,
  mermaid: ChartNetworkIcon,
  json: BracesIcon,
  csv: TableIcon,
  text: TextIcon,
  other: FileIcon,
};

export function TypeIcon({ type, className = "size-4" }: { type: ArtifactType; className?: string }) {
  const Icon = ICONS[type];
  return <Icon aria-hidden className={`shrink-0 ${className}`} />;
}
