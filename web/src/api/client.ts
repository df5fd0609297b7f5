/** The server's API, typed from its OpenAPI description. */
import createClient from "openapi-fetch";

import { address } from "@/lib/base";
import { sessionHeaders } from "@/lib/session-key";

import type { components, paths } from "./schema";

type Schemas = components["schemas"];

/** Responses contain every field, even those that a request may omit. */
export type Complete<T> = T extends readonly (infer U)[]
  ? readonly Complete<U>[]
  : T extends object
    ? { [K in keyof T]-?: Complete<Exclude<T[K], undefined>> }
    : T;

export type Agent = Complete<Schemas["Agent"]>;
/** A key for providers, without its value. */
export type ApiKey = Complete<Schemas["ApiKey"]>;
/** It lacks the fields that have their default. */
export type Applied = Schemas["Applied"];
export type Appended = Complete<Schemas["Appended"]>;
export type Artifact = Complete<Schemas["Artifact"]>;
export type ArtifactHit = Complete<Schemas["ArtifactHit"]>;
export type ArtifactPage = Complete<Schemas["ArtifactPage"]>;
export type ArtifactType = Artifact["type"];
export type Branch = Complete<Schemas["Branch"]>;
export type Collection = Complete<Schemas["Collection"]>;
export type Conversation = Complete<Schemas["Conversation"]>;
export type ConversationPage = Complete<Schemas["ConversationPage"]>;
export type EnvironmentProvider = Complete<Schemas["EnvironmentProvider"]>;
export type FeedEntry = Complete<Schemas["FeedEntry"]>;
/** A change that the server reports over the WebSocket. */
export type FeedEvent = Live<Schemas["Event"]>;
/** Without a record, a later event carries it. A null record is gone, or not visible to the user. */
type Live<E> = E extends { record?: infer R } ? Complete<Omit<E, "record">> & { readonly record?: Complete<Exclude<R, undefined>> } : never;
export type EventKind = FeedEvent["type"];
export type Hit = Complete<Schemas["Hit"]>;
export type Message = Complete<Schemas["Message"]>;
export type MessagePage = Complete<Schemas["MessagePage"]>;
export type Model = Complete<Schemas["Model"]>;
export type Part = Message["parts"][number];
export type Project = Complete<Schemas["Project"]>;
export type ProjectDefaults = Complete<Schemas["ProjectDefaults"]>;
export type Provider = Complete<Schemas["ProviderConfig"]>;
export type ProviderModel = Provider["models"][number];
export type ProviderTest = Complete<Schemas["ProviderTest"]>;
/** A template for prompts. With an agent, it is a task of that agent. */
export type PromptTemplate = Templated<Schemas["Prompt"]>;
export type PromptRevision = Templated<Schemas["PromptRevision"]>;
/** Unlike other responses, variables lack the fields that have their default. */
export type Variable = Pick<Complete<Schemas["Variable"]>, "name"> & Partial<Complete<Schemas["Variable"]>>;
type Templated<T> = Omit<Complete<T>, "variables"> & { readonly variables: readonly Variable[] };
export type Rating = Complete<Schemas["Rating"]>;
export type Revision = Complete<Schemas["Revision"]>;
export type Rule = Complete<Schemas["Rule"]>;
export type Run = Complete<Schemas["Run"]>;
export type RunEvent = Complete<Schemas["RunEvent"]>;
export type Share = Complete<Schemas["Share"]>;
export type Stats = Complete<Schemas["Stats"]>;
export type Tag = Complete<Schemas["Tag"]>;

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
  if (!response.ok) throw errorFor(await response.json().catch(() => undefined), response);
  return response;
}

type Answer<T> = { data?: T; error?: unknown; response: Response };
/** The response to a request for a stream. */
type Streamed = string | { event: string; data: string };

/** The JSON of a response, or its stream; throws Refused or Unreachable. */
export async function unwrap<T>(request: Promise<Answer<T>>): Promise<Complete<Exclude<T, Streamed>>> {
  const { data, error, response } = await request.catch((reason: unknown) => {
    if (reason instanceof DOMException && reason.name === "AbortError") throw reason;
    throw new Unreachable();
  });
  if (!response.ok) throw errorFor(error, response);
  return data as Complete<Exclude<T, Streamed>>;
}

/** Milliseconds before a request without a response is sent again. */
const AGAIN = [300, 2000];

/**
 * Send a request with a client-chosen id, and again if there is no response. The server may have processed it already;
 * with the same id it does not process it twice.
 */
export async function unwrapWithRetry<T>(request: () => Promise<Answer<T>>, pauses = AGAIN): Promise<Complete<Exclude<T, Streamed>>> {
  try {
    return await unwrap(request());
  } catch (error) {
    const [pause, ...left] = pauses;
    if (pause === undefined || !(error instanceof Unreachable)) throw error;
    await new Promise((resolve) => setTimeout(resolve, pause));
    return unwrapWithRetry(request, left);
  }
}

/** The error that a failed response stands for. */
export function errorFor(error: unknown, response: Response): Error {
  const problem = (typeof error === "object" && error !== null ? error : {}) as Partial<Schemas["Problem"]>;
  const code = problem.type?.split(":").at(-1) ?? "unknown";
  // A proxy responds in place of a server that is down; the server itself reports failures of providers so.
  if ([502, 503, 504].includes(response.status) && !code.startsWith("provider")) return new Unreachable();
  const message = problem.detail || problem.title || response.statusText;
  return new Refused(code, response.status, message, problem.pointer ?? "");
}
