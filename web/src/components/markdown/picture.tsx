import { ImageIcon } from "lucide-react";
import type { ComponentProps } from "react";
import type { ExtraProps } from "streamdown";

import { useT } from "@/i18n";

import { isInlinePicture, safeLink } from "./addresses";

/** An image. Images on other hosts load only on request, because a request tells the host who is reading. */
export function Picture({ src, alt, title }: ComponentProps<"img"> & ExtraProps) {
  const t = useT();
  const address = typeof src === "string" ? src : undefined;
  const url = safeLink(address);
  if (isInlinePicture(address))
    return <img src={address} alt={alt ?? ""} title={title} loading="lazy" className="max-h-96 max-w-full rounded-lg" />;
  if (!url) return <span>{alt}</span>;
  return (
    <a
      href={url.href}
      target="_blank"
      rel="noopener noreferrer"
      title={url.href}
      className="inline-flex max-w-full items-center gap-2 rounded-lg border bg-surface px-2.5 py-1 align-middle text-sm no-underline! hover:bg-hover"
    >
      <ImageIcon aria-hidden className="size-4 shrink-0" />
      <span className="truncate">{t("thread.remoteImage", { host: url.host, alt: alt ?? "" }).trim()}</span>
    </a>
  );
}
