import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./theme/base.css";
import { App } from "./App";
import { askForWords } from "./i18n";
import { renewing } from "./renew";
import { begin } from "./router";

renewing();
askForWords();
begin();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
