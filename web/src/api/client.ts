/** The server's API, typed from its OpenAPI description. */
import createClient from "openapi-fetch";

import { address } from "@/lib/base";
import { sessionHeaders } from "@/lib/session-key";

import type { components, paths } from "./schema";

type Schemas = components["schemas"];

/** Responses contain every field, even those that a request may omit. */
export type Whole<T> = T extends readonly (infer U)[]
  ? readonly Whole<U>[]
  : T extends object
    ? { [K in keyof T]-?: Whole<Exclude<T[K], undefined>> }
    : T;

export type Artifact = Whole<Schemas["Artifact"]>;
export type ArtifactHit = Whole<Schemas["ArtifactHit"]>;
export type ArtifactPage = Whole<Schemas["ArtifactPage"]>;
export type ArtifactType = Artifact["type"];
export type Branch = Whole<Schemas["Branch"]>;
export type Collection = Whole<Schemas["Collection"]>;
export type Conversation = Whole<Schemas["Conversation"]>;
export type ConversationPage = Whole<Schemas["ConversationPage"]>;
export type FeedEntry = Whole<Schemas["FeedEntry"]>;
export type Hit = Whole<Schemas["Hit"]>;
export type Message = Whole<Schemas["Message"]>;
export type MessagePage = Whole<Schemas["MessagePage"]>;
export type Model = Whole<Schemas["Model"]>;
export type Part = Message["parts"][number];
export type Project = Whole<Schemas["Project"]>;
export type Rating = Whole<Schemas["Rating"]>;
export type Revision = Whole<Schemas["Revision"]>;
export type Run = Whole<Schemas["Run"]>;
export type RunEvent = Whole<Schemas["RunEvent"]>;
export type Share = Whole<Schemas["Share"]>;
export type Stats = Whole<Schemas["Stats"]>;

/** The server refused a request. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    readonly pointer: string,
  ) {
    super(message);
    this.name = "Refused";
  }
}

/** The server did not respond. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

export const api = createClient<paths>({ baseUrl: address("").replace(/\/$/, "") });
api.use({
  onRequest({ request }) {
    Object.entries(sessionHeaders()).forEach(([name, value]) => request.headers.set(name, value));
    return request;
  },
});

/** The raw response for a path of the API, such as `api/v1/export`; throws Refused or Unreachable. */
export async function load(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...sessionHeaders(), ...(init.headers as Record<string, string> | undefined) };
  const response = await fetch(address(path), { ...init, headers }).catch((reason: unknown) => {
    if (reason instanceof DOMException && reason.name === "AbortError") throw reason;
    throw new Unreachable();
  });
  if (!response.ok) throw refusal(await response.json().catch(() => undefined), response);
  return response;
}

type Answer<T> = { data?: T; error?: unknown; response: Response };
/** The response to a request for a stream. */
type Streamed = string | { event: string; data: string };

/** The JSON of a response, or its stream; throws Refused or Unreachable. */
export async function ask<T>(request: Promise<Answer<T>>): Promise<Whole<Exclude<T, Streamed>>> {
  const { data, error, response } = await request.catch((reason: unknown) => {
    if (reason instanceof DOMException && reason.name === "AbortError") throw reason;
    throw new Unreachable();
  });
  if (!response.ok) throw refusal(error, response);
  return data as Whole<Exclude<T, Streamed>>;
}

/** Milliseconds before a request without a response is sent again. */
const AGAIN = [300, 2000];

/**
 * Send a request with a client-chosen id, and again if there is no response. The server may have processed it already;
 * with the same id it does not process it twice.
 */
export async function askAgain<T>(request: () => Promise<Answer<T>>, pauses = AGAIN): Promise<Whole<Exclude<T, Streamed>>> {
  try {
    return await ask(request());
  } catch (error) {
    const [pause, ...left] = pauses;
    if (pause === undefined || !(error instanceof Unreachable)) throw error;
    await new Promise((resolve) => setTimeout(resolve, pause));
    return askAgain(request, left);
  }
}

/** The error that a failed response stands for. */
export function refusal(error: unknown, response: Response): Error {
  // A proxy responds in place of a server that is down.
  if ([502, 503, 504].includes(response.status)) return new Unreachable();
  const problem = (typeof error === "object" && error !== null ? error : {}) as Partial<Schemas["Problem"]>;
  const code = problem.type?.split(":").at(-1) ?? "unknown";
  const message = problem.detail || problem.title || response.statusText;
  return new Refused(code, response.status, message, problem.pointer ?? "");
}
