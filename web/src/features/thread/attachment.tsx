import { FileIcon } from "lucide-react";

import type { Part } from "@/api/client";
import { isPicture, saveBlob, usePicture } from "@/data/blobs";
import { useT } from "@/i18n";

type Attached = Extract<Part, { type: "image" | "file" }>;

/** An image or a file of a message. */
export function Attachment({ part }: { part: Attached }) {
  const t = useT();
  const shown = part.type === "image" && isPicture(part.media_type);
  const picture = usePicture(shown ? part.blob : undefined);
  const name = part.name || t(part.type === "image" ? "thread.image" : "thread.file");
  const title = t("thread.save", { name });
  const save = () => void saveBlob(part.blob, name);
  if (shown)
    return (
      <button type="button" title={title} onClick={save} className="block w-fit rounded-xl">
        {/* Has its final size before the image loads. */}
        <img src={picture} alt={name} className="h-48 max-w-full rounded-xl border object-cover sm:h-56" />
      </button>
    );
  return (
    <button
      type="button"
      title={title}
      onClick={save}
      className="flex w-fit max-w-full items-center gap-2 rounded-xl border bg-raised px-3 py-2 text-sm hover:bg-hover touch:min-h-11"
    >
      <FileIcon aria-hidden className="size-4 shrink-0 text-muted" />
      <span className="truncate">{name}</span>
    </button>
  );
}
