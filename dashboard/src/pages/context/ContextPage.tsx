import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";

import { EmptyState } from "../../components/EmptyState";
import { LoadError } from "../../components/LoadError";
import { Page } from "../../components/Page";
import { CodeBlock } from "../../components/Scrollable";
import { SearchField } from "../../components/SearchField";
import { Tabs } from "../../components/Tabs";
import { useCurl } from "../../components/useCurl";
import { CallGraph } from "./CallGraph";
import { bareName, type ContextReply, requestContext } from "./request";

interface Snippet {
  file_path: string;
  start_line: number;
  end_line: number;
  content: string;
  why?: unknown;
  symbol?: { name: string; kind: string; signature?: string };
}

/** Renders code search, and for a symbol its calls, its explanation and its references. */
export function ContextPage() {
  const curl = useCurl();
  const [typed, setTyped] = useState("");
  const [query, setQuery] = useState("");
  const [symbol, setSymbol] = useState("");
  const hits = useQuery({
    queryKey: ["context", "search", query],
    queryFn: ({ signal }) =>
      requestContext("semantic_search", { query, top_k: 20, max_tokens: 8000 }, signal),
    enabled: query !== "",
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setQuery(typed.trim());
    setSymbol("");
  };
  const snippets = (hits.data?.["snippets"] ?? []) as Snippet[];
  return (
    <Page title="Context">
      <search>
        <form className="inline-form" onSubmit={submit}>
          <SearchField
            label="Search code"
            placeholder="Question, symbol, path, or code"
            value={typed}
            onChange={setTyped}
          />
          <button type="submit" className="button primary" disabled={typed.trim() === ""}>
            Search
          </button>
          <button
            type="button"
            className="button"
            disabled={typed.trim() === ""}
            onClick={() => setSymbol(typed.trim())}
          >
            Explore symbol
          </button>
        </form>
      </search>
      <LoadError of={[hits]} />
      {symbol !== "" && <SymbolExplorer key={symbol} name={symbol} explore={setSymbol} />}
      {query === "" && symbol === "" && (
        <EmptyState
          title="Search the code of the workspace"
          line={curl("/request", {
            kind: "semantic_search",
            params: { query: "where is a session refreshed", top_k: 3 },
          })}
        >
          The bridge indexes the directories of the workspace and answers without a model. Ask a question,
          search for code, or explore a symbol.
        </EmptyState>
      )}
      {hits.isFetching && <p aria-busy="true">Searching…</p>}
      {hits.isSuccess && snippets.length === 0 && <p>No results.</p>}
      <ul className="snippets">
        {snippets.map((snippet) => (
          <li key={`${snippet.file_path}:${snippet.start_line}`} className="card">
            <header>
              <span className="mono wrap-anywhere">
                {snippet.file_path}:{snippet.start_line}
              </span>
              {snippet.symbol && (
                <button
                  type="button"
                  className="button"
                  onClick={() => setSymbol(bareName(snippet.symbol?.name ?? ""))}
                >
                  <span className="muted">{snippet.symbol.kind}</span> {snippet.symbol.name}
                </button>
              )}
            </header>
            <CodeBlock label={snippet.file_path}>{snippet.content}</CodeBlock>
          </li>
        ))}
      </ul>
    </Page>
  );
}

function SymbolExplorer({ name, explore }: { name: string; explore: (name: string) => void }) {
  const card = useRef<HTMLElement>(null);
  // The pressed button may be far below.
  useEffect(() => {
    void card.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <section ref={card} className="card" aria-label={`Symbol ${name}`}>
      <h2 className="mono">{name}</h2>
      <Tabs
        label="Symbol views"
        tabs={[
          { value: "calls", label: "Calls", content: () => <CallGraph name={name} explore={explore} /> },
          {
            value: "explanation",
            label: "Explanation",
            content: () => <Explanation name={name} />,
          },
          { value: "references", label: "References", content: () => <References name={name} /> },
        ]}
      />
    </section>
  );
}

function useSymbolRequest(kind: string, name: string) {
  return useQuery({
    queryKey: ["context", kind, name],
    queryFn: ({ signal }) => requestContext(kind, { symbol_name: name }, signal),
  });
}

/** Renders the explanation of a symbol as JSON. */
function Explanation({ name }: { name: string }) {
  const explanation = useSymbolRequest("explain_symbol", name);
  return (
    <>
      <LoadError of={[explanation]} />
      {explanation.data && <CodeBlock label="Explanation">{readable(explanation.data)}</CodeBlock>}
    </>
  );
}

/** Formats a reply as JSON. Line breaks in its strings become line breaks of the text. */
function readable(reply: ContextReply): string {
  return JSON.stringify(reply, null, 2).replaceAll("\\n", "\n");
}

interface Reference {
  file_path: string;
  line: number;
  content?: string;
  text?: string;
  confidence?: number;
}

function References({ name }: { name: string }) {
  const reply = useSymbolRequest("find_references", name);
  const references = (reply.data?.["references"] ?? []) as Reference[];
  return (
    <>
      <LoadError of={[reply]} />
      {reply.isSuccess && references.length === 0 && <p className="muted">No known references.</p>}
      <ul className="references">
        {references.map((reference, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line may have several references.
          <li key={index}>
            <span className="mono">
              {reference.file_path}:{reference.line}
            </span>
            <code className="clip">{(reference.text ?? reference.content ?? "").trim()}</code>
          </li>
        ))}
      </ul>
    </>
  );
}
