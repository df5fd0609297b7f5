/** The base path of the app with a trailing slash: "/" or the prefix of a proxy. */
export const basePath = new URL(document.baseURI).pathname;

/** The URL of a path on the server, such as `api/v1/feed`. */
export function address(path: string): string {
  return new URL(path.replace(/^\//, ""), document.baseURI).href;
}
