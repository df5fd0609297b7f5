/** Addresses that others wrote, and what of them may be followed. */

const FOLLOWED = new Set(["http:", "https:", "mailto:"]);
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp);base64,[\w+/=]+$/;

/** A whole address that a link may lead to. */
export function safeLink(address: string | undefined): URL | undefined {
  const url = address === undefined ? null : URL.parse(address);
  return url && FOLLOWED.has(url.protocol) ? url : undefined;
}

/** A picture that stands in its own address, so that nobody has to be asked for it. */
export function isInlinePicture(address: string | undefined): boolean {
  return address !== undefined && PICTURE.test(address);
}
