import type { ExtraProps } from "streamdown";

type Node = NonNullable<ExtraProps["node"]>;

/** The code of a block and its declared language. */
export function codeOf(node: Node | undefined): { code: string; language: string } {
  const code = node?.children.find((child) => child.type === "element");
  const names = code?.properties["className"];
  const name = Array.isArray(names) ? names.map(String).find((one) => one.startsWith("language-")) : undefined;
  return { code: code ? textOf(code).replace(/\n$/, "") : "", language: name?.slice("language-".length).toLowerCase() ?? "" };
}

export function textOf(node: Node): string {
  return node.children
    .map((child) => {
      if (child.type === "text") return child.value;
      if (child.type !== "element") return "";
      return child.tagName === "img" ? String(child.properties["alt"] ?? "") : textOf(child);
    })
    .join("");
}
