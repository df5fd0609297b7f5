/** Which URLs in untrusted text may be followed. */

const FOLLOWED = new Set(["http:", "https:", "mailto:"]);
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp);base64,[\w+/=]+$/;

/** An absolute URL that a link may lead to. */
export function safeLink(address: string | undefined): URL | undefined {
  const url = address === undefined ? null : URL.parse(address);
  return url && FOLLOWED.has(url.protocol) ? url : undefined;
}

/** An image as a `data:` URL, which needs no request. */
export function isInlinePicture(address: string | undefined): boolean {
  return address !== undefined && PICTURE.test(address);
}
