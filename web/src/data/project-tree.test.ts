import { describe, expect, it } from "vitest";

import type { Project } from "@/api/client";

import { ancestorsOf, flatten, mayMove, projectTree } from "./project-tree";

const project = (id: string, parent_id: string | null = null, name = id) => ({ id, parent_id, name }) as Project;

const projects = [project("work"), project("clients", "work"), project("acme", "clients"), project("home"), project("lost", "gone")];

describe("projects as a tree", () => {
  it("stand inside each other, by name; whose outer project is gone stands outermost", () => {
    expect(flatten(projectTree(projects)).map(({ project, depth }) => `${depth} ${project.id}`)).toEqual([
      "0 home",
      "0 lost",
      "0 work",
      "1 clients",
      "2 acme",
    ]);
  });

  it("are sorted as people count", () => {
    const named = [project("a", null, "Part 10"), project("b", null, "part 9"), project("c", null, "Part 1")];
    expect(projectTree(named).map(({ project }) => project.name)).toEqual(["Part 1", "part 9", "Part 10"]);
  });

  it("know what is around them, the outermost first", () => {
    expect(ancestorsOf(projects, "acme").map(({ id }) => id)).toEqual(["work", "clients"]);
    expect(ancestorsOf(projects, "home")).toEqual([]);
  });

  it("end, even if two were inside each other", () => {
    const circle = [project("a", "b"), project("b", "a")];
    expect(ancestorsOf(circle, "a").map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("go anywhere but into themselves", () => {
    expect(mayMove(projects, "work", "home")).toBe(true);
    expect(mayMove(projects, "acme", null)).toBe(true);
    expect(mayMove(projects, "work", "work")).toBe(false);
    expect(mayMove(projects, "work", "acme")).toBe(false);
  });
});
