/** The actions whose label contains every word of a query. */
export function matchingActions<T extends { readonly label: string }>(actions: readonly T[], q: string): readonly T[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return actions.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
}
