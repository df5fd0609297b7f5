/**
 * Code that is not needed at first. It loads when the browser is idle, so that it is available
 * offline.
 */
import { type ComponentType, createElement, lazy, useState } from "react";

import { address } from "@/lib/base";

type Load<T> = () => Promise<T>;

/** In milliseconds: the pause before the server is tried again, and the age below which a page is not reloaded. */
const RETRY = 2000;
const FRESH = 5000;
const queue: Load<unknown>[] = [];

/** Register a module for loading in idle time; `soon` puts it first. */
export function deferred<T>(load: Load<T>, soon = false): Load<T> {
  if (soon) queue.unshift(load);
  else queue.push(load);
  return () => loadOrReload(load);
}

/** Like React's `lazy`, for a deferred module. Once loaded, it renders synchronously. */
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

/** Load all deferred modules one after the other, unless the browser saves data. */
export async function loadDeferred(): Promise<void> {
  const load = queue.shift();
  if (!load || savesData()) return;
  await idle();
  await load().catch(() => undefined);
  await loadDeferred();
}

/**
 * Browsers cache a failed import until the page reloads. So the page reloads when the server is reachable,
 * possibly with a newer app. Drafts and unsent prompts are kept.
 */
async function loadOrReload<T>(load: Load<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (wasJustReloaded()) throw error; // reloading did not help
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
