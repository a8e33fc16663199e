/** The web console: a page of its own beside the chat, speaking to the API as any client does. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { SessionProvider } from "./api/session.tsx";
import { App } from "./app.tsx";
import { startTexts } from "./texts/index.ts";
import { applyTheme, storedTheme } from "./ui/theme.ts";
import { ToastProvider } from "./ui/toast.tsx";
import "./ui/base.css";
import "./ui/buttons.css";
import "./ui/cards.css";
import "./ui/dialogs.css";
import "./ui/fields.css";
import "./ui/choices.css";
import "./ui/tables.css";
import "./ui/notes.css";
import "./ui/rooms.css";
import "./ui/jobs.css";
import "./ui/presence.css";

const root = document.getElementById("console");
if (!root) throw new Error("the page has no place for the console");
applyTheme(storedTheme());
await startTexts();
createRoot(root).render(
  <StrictMode>
    <BrowserRouter basename="/console">
      <ToastProvider>
        <SessionProvider>
          <App />
        </SessionProvider>
      </ToastProvider>
    </BrowserRouter>
  </StrictMode>,
);
