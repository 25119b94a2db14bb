import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/shell.css";
import "./styles/layout.css";
import "./styles/overview.css";
import "./styles/conversations.css";
import "./styles/pages.css";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { ApiError } from "./api/client";
import { router } from "./routes";
import { applyTheme, chosenTheme } from "./shell/theme";

applyTheme(chosenTheme());

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Events invalidate what they make stale.
      staleTime: Infinity,
      // An error reply would repeat itself. When an unreachable bridge is back, the event stream reconnects.
      retry: (count, error) => !(error instanceof ApiError) && count < 2,
      refetchOnWindowFocus: false,
      // The bridge is usually on this machine, so it can be reached even when the browser is offline.
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
