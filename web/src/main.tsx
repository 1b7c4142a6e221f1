import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./theme/base.css";
import { App } from "./App";
import { askForWords } from "./i18n";
import { begin } from "./router";

const RENEWED = "guanxi.renewed";
const PAUSE = 30_000;

// A page left open over an upgrade asks for files that are gone. It is opened again, once: what was typed is kept here.
window.addEventListener("vite:preloadError", (event) => {
  const last = Number(sessionStorage.getItem(RENEWED));
  if (Date.now() - last < PAUSE) return;
  sessionStorage.setItem(RENEWED, String(Date.now()));
  event.preventDefault();
  location.reload();
});

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
