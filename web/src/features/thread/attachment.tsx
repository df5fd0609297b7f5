import { FileIcon } from "lucide-react";

import type { Part } from "@/api/client";
import { blobAddress, isPicture } from "@/data/blobs";
import { useT } from "@/i18n";

type Attached = Extract<Part, { type: "image" | "file" }>;

/** An image or a file that came with a message. */
export function Attachment({ part }: { part: Attached }) {
  const t = useT();
  const address = blobAddress(part.blob);
  const name = part.name || t(part.type === "image" ? "thread.image" : "thread.file");
  if (part.type === "image" && isPicture(part.media_type))
    return (
      <a href={address} download={name} title={t("thread.save", { name })} className="block w-fit rounded-xl">
        <img src={address} alt={name} loading="lazy" className="h-48 max-w-full rounded-xl border object-cover sm:h-56" />
      </a>
    );
  return (
    <a
      href={address}
      download={name}
      title={t("thread.save", { name })}
      className="flex w-fit max-w-full items-center gap-2 rounded-xl border bg-raised px-3 py-2 text-sm hover:bg-hover touch:min-h-11"
    >
      <FileIcon aria-hidden className="size-4 shrink-0 text-muted" />
      <span className="truncate">{name}</span>
    </a>
  );
}
