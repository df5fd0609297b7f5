/**
 * Parts of the app that are not needed at first. They are loaded when the browser has nothing else to do, so that they
 * are there when the server is not.
 */
import { type ComponentType, createElement, lazy, useState } from "react";

import { address } from "@/lib/base";

type Load<T> = () => Promise<T>;

/** In milliseconds: before the server is asked again, and the age at which a page is not loaded anew. */
const RETRY = 2000;
const FRESH = 5000;
const queue: Load<unknown>[] = [];

/** A part, however long it takes to load it; one that is needed `soon` is loaded before the others. */
export function deferred<T>(load: Load<T>, soon = false): Load<T> {
  if (soon) queue.unshift(load);
  else queue.push(load);
  return () => loadOrReload(load);
}

/** Like React's `lazy`, for a part. Once it is loaded, it is shown without a pause. */
export function lazyComponent<P extends object>(load: Load<{ default: ComponentType<P> }>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  const Later = lazy(
    deferred(async () => {
      const { default: component } = await load();
      loaded = component;
      return { default: component };
    }),
  );
  return function Lazily(props: P) {
    const [component] = useState(() => loaded ?? Later);
    return createElement<P>(component as ComponentType<P>, props);
  };
}

/** Load the parts one after the other, and those that come with them, unless data is dear here. */
export async function loadDeferred(): Promise<void> {
  const load = queue.shift();
  if (!load || savesData()) return;
  await idle();
  await load().catch(() => undefined);
  await loadDeferred();
}

/**
 * Browsers remember that a part could not be loaded: only a new page tries again. So the page is loaded anew as soon as
 * the server is there, which may have a newer app by now. Nothing is lost: drafts are kept, and so is what was said.
 */
async function loadOrReload<T>(load: Load<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (wasJustReloaded()) throw error; // a new page did not help
    await waitForServer();
    location.reload();
    return new Promise(() => undefined);
  }
}

function wasJustReloaded(): boolean {
  const [opening] = performance.getEntriesByType("navigation");
  return opening instanceof PerformanceNavigationTiming && opening.type === "reload" && performance.now() < FRESH;
}

async function waitForServer(): Promise<void> {
  const page = await fetch(address(""), { cache: "no-store" }).catch(() => undefined);
  if (page?.ok) return;
  await new Promise((resolve) => setTimeout(resolve, RETRY));
  await waitForServer();
}

function idle(): Promise<unknown> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(resolve, { timeout: 10_000 });
    else setTimeout(resolve, 200);
  });
}

function savesData(): boolean {
  return "connection" in navigator && (navigator.connection as { saveData?: boolean }).saveData === true;
}
