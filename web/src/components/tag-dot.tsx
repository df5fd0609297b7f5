/** The colour of a tag; a ring if it has none. */
export function TagDot({ color }: { color: string | undefined }) {
  return <span aria-hidden className="size-2.5 shrink-0 rounded-full border border-muted" style={color ? { background: color, borderColor: color } : undefined} />;
}
