/** Compiles a component in the frame and renders it; Tailwind generates the styles of its classes. */
import "@tailwindcss/browser";
import * as icons from "lucide-react";
import React, { Component, type ComponentType, type ReactNode } from "react";
import ReactDOM from "react-dom";
import ReactDOMClient from "react-dom/client";
import jsx from "react/jsx-runtime";
import { transform } from "sucrase";

import { start, reportError } from "./sandbox";
import { fail, root, source } from "./source";
import { say } from "./texts";

const modules: Readonly<Record<string, unknown>> = {
  react: React,
  "react-dom": ReactDOM,
  "react-dom/client": ReactDOMClient,
  "react/jsx-runtime": jsx,
  "lucide-react": icons,
};

function load(name: string): unknown {
  if (Object.hasOwn(modules, name)) return modules[name];
  throw new Error(say("unknown", { name, known: Object.keys(modules).join(", ") }));
}

/** The default export, or else the last component. */
function evaluate(code: string): ComponentType | undefined {
  const compiled = transform(code, {
    transforms: ["typescript", "jsx", "imports"],
    jsxRuntime: "automatic",
    production: true,
    filePath: "artifact.tsx",
  }).code;
  const names = [...compiled.matchAll(/^\s*(?:async\s+)?(?:function|class|const|let|var)\s+([A-Z]\w*)/gm)];
  const last = names.at(-1)?.[1];
  const found = last ? `typeof ${last} === "undefined" ? undefined : ${last}` : "undefined";
  const module: { exports: { default?: ComponentType } } = { exports: {} };
  const run = new Function("require", "module", "exports", `${compiled}\nreturn ${found};`);
  const component = run(load, module, module.exports) as ComponentType | undefined;
  return module.exports.default ?? component;
}

class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidCatch(error: unknown) {
    setTimeout(() => fail(error));
  }

  override render() {
    return this.state.broken ? null : this.props.children;
  }
}

function show(): void {
  Object.assign(globalThis, { React, ReactDOM });
  const Shown = evaluate(source().code);
  if (Shown) {
    ReactDOMClient.createRoot(root, { onCaughtError: reportError }).render(
      <Boundary>
        <Shown />
      </Boundary>,
    );
  } else if (!root.hasChildNodes()) {
    setTimeout(() => root.hasChildNodes() || fail(new Error(say("nothing"))));
  }
}

start();
try {
  show();
} catch (error) {
  fail(error);
}
