/**
 * What an address asks for besides its path; what makes no sense is left out.
 *
 * The router adds to what a page makes of it all that the address has, so a page reads it with the same function again.
 */

export type Given = Record<string, unknown>;

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The words below these names. In an address a number may be one. */
export function words<Name extends string>(search: Given, names: readonly Name[]): { [K in Name]?: string } {
  return chosen(names, (name) => {
    const value = search[name];
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
  });
}

/** The days below these names, such as `2026-03-01`. */
export function days<Name extends string>(search: Given, names: readonly Name[]): { [K in Name]?: string } {
  return chosen(names, (name) => {
    const value = search[name];
    return typeof value === "string" && DAY.test(value) && !Number.isNaN(Date.parse(value)) ? value : "";
  });
}

function chosen<Name extends string>(names: readonly Name[], read: (name: Name) => string): { [K in Name]?: string } {
  const parameters: { [K in Name]?: string } = {};
  for (const name of names) {
    const value = read(name);
    if (value !== "") parameters[name] = value;
  }
  return parameters;
}

interface HomeSearch {
  /** The project to begin in. */
  project?: string;
  /** How the first message begins. */
  q?: string;
}

export function homeSearch(search: Given): HomeSearch {
  return words(search, ["project", "q"]);
}

/**
 * A branch and a message of it to begin at; without them, the end of the branch that the person is on. An artifact that is
 * open beside it, or what is being written.
 */
interface ThreadSearch {
  branch?: string;
  message?: string;
  artifact?: string;
}

export function threadSearch(search: Given): ThreadSearch {
  return words(search, ["branch", "message", "artifact"]);
}
