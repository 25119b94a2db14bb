import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/shell.css";
import "./styles/pages.css";
import "./styles/overview.css";
import "./styles/conversations.css";
import "./styles/places.css";

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
      // Events say when something is stale.
      staleTime: Infinity,
      // A refusal stays one; a bridge that is away announces itself by the stream when it is back.
      retry: (count, error) => !(error instanceof ApiError) && count < 2,
      refetchOnWindowFocus: false,
      // The bridge is on this machine: the network has no say.
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
