import { FileIcon, FileTextIcon, RotateCwIcon, TextIcon, XIcon } from "lucide-react";
import type { ReactNode } from "react";

import { Button, IconButton } from "@/components/ui/button";
import { blobText, isPicture, usePicture } from "@/data/blobs";
import { type Upload, dropUpload, isUploadable, retryUpload, useUploads } from "@/features/composer/uploads";
import { useLanguage, useT } from "@/i18n";
import { cn } from "@/lib/cn";
import { type DraftFile, drafts } from "@/lib/drafts";
import { notice } from "@/lib/notice";
import { fileSize } from "@/lib/size";

/** The attachments of a draft. */
export function Attachments({
  draftKey,
  files,
  onText,
}: {
  draftKey: string;
  files: readonly DraftFile[];
  /** Called when a text file becomes text in the field again. */
  onText: (text: string) => void;
}) {
  const t = useT();
  const uploads = useUploads(draftKey);
  if (files.length + uploads.length === 0) return null;
  const storedAsText = async (file: DraftFile) => {
    try {
      const text = await blobText(file.blob);
      if (drafts.removeFile(draftKey, file)) onText(text); // once, even after several clicks
    } catch (error) {
      notice.error(error);
    }
  };
  const uploadAsText = async ({ id, file }: Upload) => {
    dropUpload(id); // first: an upload that finishes later would be both file and text
    onText(await file.text());
  };
  return (
    <ul aria-label={t("composer.files")} className="flex max-h-48 flex-wrap gap-2 overflow-y-auto p-3 pb-0">
      {files.map((file) => (
        <Chip
          key={`${file.blob} ${file.at}`}
          name={file.name}
          size={file.size}
          blob={isPicture(file.media_type) ? file.blob : undefined}
          text={file.media_type.startsWith("text/")}
          onRemove={() => drafts.removeFile(draftKey, file)}
          onText={file.pasted ? () => void storedAsText(file) : undefined}
        />
      ))}
      {uploads.map((upload) => (
        <Chip
          key={upload.id}
          name={upload.file.name}
          size={upload.file.size}
          picture={upload.preview}
          text={upload.pasted}
          upload={upload}
          onRemove={() => dropUpload(upload.id)}
          onText={upload.pasted ? () => void uploadAsText(upload) : undefined}
        />
      ))}
    </ul>
  );
}

function Chip({
  name,
  size,
  picture,
  blob,
  text,
  upload,
  onRemove,
  onText,
}: {
  name: string;
  size: number;
  /** The URL of an image, or the digest of an uploaded one. */
  picture?: string | undefined;
  blob?: string | undefined;
  text: boolean;
  upload?: Upload;
  onRemove: () => void;
  onText: (() => void) | undefined;
}) {
  const t = useT();
  const language = useLanguage();
  const stored = usePicture(blob);
  const refused = upload?.state === "refused";
  return (
    <li
      className={cn(
        "relative flex h-12 max-w-full items-center gap-2 overflow-hidden rounded-xl border pe-1 text-sm sm:max-w-80",
        refused ? "border-danger bg-danger-soft" : "bg-surface",
      )}
    >
      <Thumbnail picture={picture ?? stored} text={text} />
      <div className="min-w-0 flex-1 leading-tight">
        <p className="truncate">{name}</p>
        <p className={cn("truncate text-xs", refused ? "text-danger" : "text-muted")}>
          {upload ? <Progress upload={upload} /> : fileSize(size, language)}
        </p>
      </div>
      <div className="flex shrink-0">
        {onText && (
          <Button size="small" onClick={onText} className="px-2">
            <TextIcon aria-hidden /> {t("composer.asText")}
          </Button>
        )}
        {upload && upload.state !== "sending" && isUploadable(upload.file) && (
          <ChipButton label={t("composer.retry", { name })} onClick={() => retryUpload(upload.id)}>
            <RotateCwIcon />
          </ChipButton>
        )}
        <ChipButton label={t("composer.remove", { name })} onClick={onRemove}>
          <XIcon />
        </ChipButton>
      </div>
      {upload?.state === "sending" && (
        <progress value={upload.progress} aria-label={name} className="absolute inset-x-0 bottom-0 h-0.5 w-full accent-accent" />
      )}
    </li>
  );
}

function Thumbnail({ picture, text }: { picture: string | undefined; text: boolean }) {
  if (picture) return <img src={picture} alt="" className="size-12 shrink-0 object-cover" />;
  const Icon = text ? FileTextIcon : FileIcon;
  return <Icon aria-hidden className="ms-3 size-5 shrink-0 text-muted" />;
}

function Progress({ upload }: { upload: Upload }) {
  const t = useT();
  const language = useLanguage();
  if (upload.state === "refused") return upload.problem;
  if (upload.state === "waiting") return t("composer.waiting");
  return upload.progress.toLocaleString(language, { style: "percent" });
}

function ChipButton({ children, ...props }: { label: string; onClick: () => void; children: ReactNode }) {
  return (
    <IconButton side="top" className="touch:size-11" {...props}>
      {children}
    </IconButton>
  );
}
