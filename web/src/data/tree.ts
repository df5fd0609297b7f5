/**
 * A conversation's tree, as its branches alone tell it. A branch owns the messages after `fork_seq`; what comes before
 * is read from the branch it left. So any question about the tree is answered without its messages.
 */
import type { Branch, Message } from "@/api/client";
import { compareTimes } from "@/lib/time";

export type Place = Pick<Message, "branch" | "seq">;
type Branches = readonly Branch[];

/** The branch that owns the message at a depth of a branch's path; before the first message, the main branch. */
export function owningBranch(branches: Branches, id: string, seq: number): string | undefined {
  if (seq < 0) return branches.find((branch) => branch.parent_branch === null)?.id;
  let branch = branches.find((other) => other.id === id);
  while (branch?.parent_branch && branch.fork_seq >= seq) {
    const parent = branch.parent_branch;
    branch = branches.find((other) => other.id === parent);
  }
  return branch?.id;
}

/** Whether a message is on the path to a branch's end. */
export function isOnPath(branches: Branches, id: string, { branch, seq }: Place): boolean {
  const tip = branches.find((other) => other.id === id);
  return tip !== undefined && seq <= tip.head_seq && owningBranch(branches, id, seq) === branch;
}

/**
 * The branches whose paths part at a message: those on which something else stands in its place, and its own. A branch
 * where that is still to come counts if it is one of `awaited`.
 */
export function alternatives(branches: Branches, { branch, seq }: Place, runningBranches: ReadonlySet<string> = new Set()): Branch[] {
  const holder = owningBranch(branches, branch, seq - 1);
  return branches
    .filter((other) => {
      const parts = other.id === holder || (other.parent_branch === holder && other.fork_seq === seq - 1);
      return parts && (other.head_seq >= seq || (other.head_seq === seq - 1 && runningBranches.has(other.id)));
    })
    .toSorted((a, b) => compareTimes(a.created_at, b.created_at) || a.id.localeCompare(b.id));
}

/** How many messages go with a message: itself, and all that follows from it on every branch. */
export function subtreeCount(branches: Branches, { branch, seq }: Place): number {
  const own = branches.find((other) => other.id === branch);
  if (!own) return 1;
  const later = branches.filter((other) => other.parent_branch === own.id && other.fork_seq >= seq);
  return later.reduce((sum, other) => sum + branchCount(branches, other), own.head_seq - seq + 1);
}

/** How many messages go with a branch: its own, and those of all branches that left it. */
export function branchCount(branches: Branches, branch: Branch): number {
  const children = branches.filter((other) => other.parent_branch === branch.id);
  return children.reduce((sum, child) => sum + branchCount(branches, child), branch.head_seq - branch.fork_seq);
}

/** A branch as a line of a map: below the one it left, in the order in which they left. */
export interface Line {
  readonly branch: Branch;
  readonly level: number;
  /** Whether no other branch of the same parent comes after it. */
  readonly last: boolean;
  /** The lines that go past it, by level: whether a branch of an outer level still comes. */
  readonly passing: readonly boolean[];
}

export function outline(branches: Branches): Line[] {
  const lines: Line[] = [];
  const draw = (parent: string | null, passing: readonly boolean[]) => {
    const children = branches
      .filter((branch) => branch.parent_branch === parent)
      .toSorted((a, b) => a.fork_seq - b.fork_seq || compareTimes(a.created_at, b.created_at));
    for (const branch of children) {
      const last = branch === children.at(-1);
      lines.push({ branch, level: passing.length, last, passing });
      draw(branch.id, [...passing, !last]);
    }
  };
  draw(null, []);
  return lines;
}
