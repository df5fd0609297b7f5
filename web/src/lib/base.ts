/** Where the app is served, with a slash at the end: "/" or what a proxy puts before it. */
export const basePath = new URL(document.baseURI).pathname;

/** The address of a path of the server's, such as `api/v1/feed`. */
export function address(path: string): string {
  return new URL(path.replace(/^\//, ""), document.baseURI).href;
}
