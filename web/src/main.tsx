import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "@/app/app";
import { loadLanguage } from "@/i18n";

import "./app.css";

const root = document.getElementById("root");
if (root) {
  await loadLanguage();
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
