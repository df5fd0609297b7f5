/**
 * The key of this browser's session, which goes with every request. Browsers send a cookie to every port of its host;
 * what a page keeps for itself, it keeps by origin. So the server takes the cookie for nothing without the key.
 */
import { basePath } from "@/lib/base";
import { browserStorage } from "@/lib/storage";

const NAME = `hansard.key ${basePath}`;
/** The header in which it goes, and the subprotocol of a socket that has it in its name. */
const HEADER = "Hansard-Key";
const PROTOCOL = "hansard";

/** Where the browser keeps nothing. */
let kept = "";

export function keepSessionKey(key: string): void {
  kept = key;
  try {
    browserStorage()?.setItem(NAME, key);
  } catch {
    // It is full, or forbidden: this page alone is signed in.
  }
}

/** The headers of a request to the server. */
export function sessionHeaders(): Record<string, string> {
  const key = sessionKey();
  return key ? { [HEADER]: key } : {};
}

/** The subprotocols of a socket to the server, which takes the first. */
export function sessionProtocols(): string[] {
  const key = sessionKey();
  return key ? [PROTOCOL, `${PROTOCOL}.key.${key}`] : [];
}

function sessionKey(): string {
  return browserStorage()?.getItem(NAME) ?? kept;
}
