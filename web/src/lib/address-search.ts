/**
 * Parse the search parameters of a URL; invalid values are ignored.
 *
 * The router merges all parameters of the URL into a page's result, so pages parse it again with the same function.
 */

export type SearchParameters = Record<string, unknown>;

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The text parameters of these names. A number in a URL is also text. */
export function words<Name extends string>(search: SearchParameters, names: readonly Name[]): { [K in Name]?: string } {
  return chosen(names, (name) => {
    const value = search[name];
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
  });
}

/** The day parameters of these names, such as `2026-03-01`. */
export function days<Name extends string>(search: SearchParameters, names: readonly Name[]): { [K in Name]?: string } {
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

/** Whether the trash is shown. */
export function librarySearch(search: SearchParameters): { deleted?: boolean } {
  return search["deleted"] === true ? { deleted: true } : {};
}

interface HomeSearch {
  /** The project of the new conversation. */
  project?: string;
  /** The initial text of the first message. */
  q?: string;
}

export function homeSearch(search: SearchParameters): HomeSearch {
  return words(search, ["project", "q"]);
}

/**
 * A branch and a message to start at; without them, the end of the user's current branch. An artifact or a draft that is
 * open beside it.
 */
interface ThreadSearch {
  branch?: string;
  message?: string;
  artifact?: string;
}

export function threadSearch(search: SearchParameters): ThreadSearch {
  return words(search, ["branch", "message", "artifact"]);
}
