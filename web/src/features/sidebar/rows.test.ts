import { describe, expect, it, vi } from "vitest";

import type { Conversation, Project } from "@/api/client";
import { projectTree } from "@/data/project-tree";

import { type Row, SHOWN, type Source, datedRows, isItem, pinnedRows, projectRows } from "./rows";

const now = new Date(2026, 4, 20, 12);
const day = (ago: number) => new Date(2026, 4, 20 - ago, 9).toISOString();
const conversation = (id: string, ago = 0) => ({ id, active_at: day(ago) }) as Conversation;
const source = (items: readonly Conversation[], state: Source["state"] = "whole"): Source => ({ items, state, load: vi.fn() });
const project = (id: string, parent_id: string | null = null) => ({ id, parent_id, name: id }) as Project;
const sizes = (rows: readonly Row[]) => rows.filter(isItem).map(({ position, size }) => `${position}/${size}`);
const keys = (rows: readonly Row[]) => rows.map(({ key }) => key);

describe("conversations by time", () => {
  it("stand below today, yesterday, a week, a month, and months", () => {
    const items = [0, 1, 2, 7, 8, 30, 31, 200].map((ago) => conversation(String(ago), ago));
    expect(keys(datedRows(source(items), now))).toEqual([
      "heading:today",
      "dated:0",
      "heading:yesterday",
      "dated:1",
      "heading:week",
      "dated:2",
      "dated:7",
      "heading:month",
      "dated:8",
      "dated:30",
      "heading:2026-04",
      "dated:31",
      "heading:2025-11",
      "dated:200",
    ]);
  });

  it("say how many they are, as far as that is known", () => {
    const items = [conversation("a"), conversation("b"), conversation("c", 1)];
    expect(sizes(datedRows(source(items), now))).toEqual(["1/2", "2/2", "1/1"]);
    expect(sizes(datedRows(source(items, "more"), now))).toEqual(["1/2", "2/2", "1/-1"]);
  });

  it("end with what is still to come", () => {
    expect(keys(datedRows(source([conversation("a")], "more"), now)).at(-1)).toBe("dated:source");
    expect(keys(datedRows(source([], "loading"), now))).toEqual(["dated:source"]);
    expect(datedRows(source([]), now)).toEqual([]);
  });
});

describe("pinned conversations", () => {
  it("have a heading only where there are some", () => {
    expect(pinnedRows(source([]))).toEqual([]);
    expect(pinnedRows(source([], "loading"))).toEqual([]);
    expect(keys(pinnedRows(source([conversation("a")])))).toEqual(["heading:pinned", "pinned:a"]);
  });
});

describe("projects", () => {
  const tree = projectTree([project("home"), project("work"), project("acme", "work")]);

  it("show what is inside when they are open: projects first, then conversations", () => {
    expect(keys(projectRows(tree, new Set(), new Map()))).toEqual(["project:home", "project:work"]);
    const rows = projectRows(tree, new Set(["work"]), new Map([["work", source([conversation("a")])]]));
    expect(keys(rows)).toEqual(["project:home", "project:work", "project:acme", "work:a"]);
    expect(rows.filter(isItem).map(({ depth, position, size }) => `${depth}: ${position}/${size}`)).toEqual(["0: 1/2", "0: 2/2", "1: 1/2", "1: 2/2"]);
  });

  it("leave the rows below where they are until the conversations are there", () => {
    const [loading, failed, whole] = (["loading", "failed", "whole"] as const).map((state) =>
      keys(projectRows(tree, new Set(["work"]), new Map([["work", source([], state)]]))),
    );
    expect(loading).toEqual(whole);
    expect(failed).toEqual([...(whole ?? []), "work:source"]);
  });

  it("show a few conversations, and the way to all", () => {
    const many = Array.from({ length: SHOWN + 5 }, (_, i) => conversation(`c${i}`));
    const rows = projectRows(tree, new Set(["work"]), new Map([["work", source(many)]]));
    expect(rows.filter(({ kind }) => kind === "conversation")).toHaveLength(SHOWN);
    expect(keys(rows).at(-1)).toBe("work:all");
  });
});
