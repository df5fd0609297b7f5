/**
 * The message tree of a conversation, derived from its branches. A branch owns the messages after `fork_seq`; earlier ones
 * belong to its parent. So questions about the tree need no messages.
 */
import type { Branch, Message } from "@/api/client";
import { compareTimes } from "@/lib/time";

export type Place = Pick<Message, "branch" | "seq">;
type Branches = readonly Branch[];

/** The branch that owns the message at a position of a branch's path; before the first message, the main branch. */
export function owningBranch(branches: Branches, id: string, seq: number): string | undefined {
  if (seq < 0) return branches.find((branch) => branch.parent_branch === null)?.id;
  let branch = branches.find((other) => other.id === id);
  while (branch?.parent_branch && branch.fork_seq >= seq) {
    const parent = branch.parent_branch;
    branch = branches.find((other) => other.id === parent);
  }
  return branch?.id;
}

/** Whether a message is on the path to a branch's head. */
export function isOnPath(branches: Branches, id: string, { branch, seq }: Place): boolean {
  const tip = branches.find((other) => other.id === id);
  return tip !== undefined && seq <= tip.head_seq && owningBranch(branches, id, seq) === branch;
}

/**
 * The branches that diverge at a message: those with another message at its position, and its own. A branch
 * without a message there yet counts if it is one of `runningBranches`.
 */
export function alternatives(branches: Branches, { branch, seq }: Place, runningBranches: ReadonlySet<string> = new Set()): Branch[] {
  const owner = owningBranch(branches, branch, seq - 1);
  return branches
    .filter((other) => {
      const parts = other.id === owner || (other.parent_branch === owner && other.fork_seq === seq - 1);
      return parts && (other.head_seq >= seq || (other.head_seq === seq - 1 && runningBranches.has(other.id)));
    })
    .toSorted((a, b) => compareTimes(a.created_at, b.created_at) || a.id.localeCompare(b.id));
}

/** The number of messages in a message's subtree, including itself. */
export function subtreeCount(branches: Branches, { branch, seq }: Place): number {
  const own = branches.find((other) => other.id === branch);
  if (!own) return 1;
  const later = branches.filter((other) => other.parent_branch === own.id && other.fork_seq >= seq);
  return later.reduce((sum, other) => sum + branchCount(branches, other), own.head_seq - seq + 1);
}

/** The number of messages of a branch and its descendants. */
export function branchCount(branches: Branches, branch: Branch): number {
  const children = branches.filter((other) => other.parent_branch === branch.id);
  return children.reduce((sum, child) => sum + branchCount(branches, child), branch.head_seq - branch.fork_seq);
}

/** A branch as a line of the branch map: below its parent, in fork order. */
export interface Line {
  readonly branch: Branch;
  readonly level: number;
  /** Whether it is the last child of its parent. */
  readonly last: boolean;
  /** By level, whether another branch of that level follows below. */
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
