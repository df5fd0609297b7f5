const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!(target instanceof HTMLElement)) continue;
    const wide = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
    if (wide) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

/** Makes an element focusable while it can scroll; to be used as its `ref`. */
export function scrollable(element: HTMLElement | null): (() => void) | undefined {
  if (!element) return undefined;
  observer.observe(element);
  return () => observer.unobserve(element);
}
