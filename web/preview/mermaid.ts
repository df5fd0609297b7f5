/** Draws a diagram. Mermaid's strict level also applies: no HTML in labels, no links, no click handlers. */
import mermaid from "mermaid";

import { start } from "./sandbox";
import { fail, root, source } from "./source";

start();
mermaid.initialize({ startOnLoad: false, securityLevel: "strict", suppressErrorRendering: true, theme: "neutral" });
Object.assign(root.style, { display: "grid", placeItems: "center", minHeight: "100vh" });
document.body.style.margin = "0";

async function draw(): Promise<void> {
  const { svg } = await mermaid.render("drawing", source().code);
  root.innerHTML = svg;
}

draw().catch(fail);
