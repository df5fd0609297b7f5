/**
 * The key of this browser's session, which every request contains. A browser sends a cookie to every port of a host, but
 * page storage is separate for each origin. So the server ignores the cookie without the key.
 */
import { basePath } from "@/lib/base";
import { browserStorage } from "@/lib/storage";

const NAME = `hansard.key ${basePath}`;
/** The header, and the prefix of the WebSocket subprotocol, that contain the key. */
const HEADER = "Hansard-Key";
const PROTOCOL = "hansard";

/** The fallback without browser storage. */
let kept = "";

export function keepSessionKey(key: string): void {
  kept = key;
  try {
    browserStorage()?.setItem(NAME, key);
  } catch {
    // Storage is full or blocked: only this page is signed in.
  }
}

/** The headers of a request to the server. */
export function sessionHeaders(): Record<string, string> {
  const key = sessionKey();
  return key ? { [HEADER]: key } : {};
}

/** The subprotocols of a socket; the server accepts the first. */
export function sessionProtocols(): string[] {
  const key = sessionKey();
  return key ? [PROTOCOL, `${PROTOCOL}.key.${key}`] : [];
}

function sessionKey(): string {
  return browserStorage()?.getItem(NAME) ?? kept;
}
