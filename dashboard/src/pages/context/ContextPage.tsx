import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";

import { EmptyState } from "../../components/EmptyState";
import { LoadError } from "../../components/LoadError";
import { Page } from "../../components/Page";
import { SearchField } from "../../components/SearchField";
import { Tabs } from "../../components/Tabs";
import { useCurl } from "../../components/useCurl";
import { type Answer, ask } from "./ask";
import { CallGraph } from "./CallGraph";

interface Snippet {
  file_path: string;
  start_line: number;
  end_line: number;
  content: string;
  why?: unknown;
  symbol?: { name: string; kind: string; signature?: string };
}

/** Search, and around a symbol: where it is defined, who uses it, who calls whom. */
export function ContextPage() {
  const curl = useCurl();
  const [typed, setTyped] = useState("");
  const [query, setQuery] = useState("");
  const [symbol, setSymbol] = useState("");
  const hits = useQuery({
    queryKey: ["context", "search", query],
    queryFn: ({ signal }) => ask("semantic_search", { query, top_k: 20, max_tokens: 8000 }, signal),
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
      <form className="inline-form" role="search" onSubmit={submit}>
        <SearchField
          label="Search the code"
          placeholder="A question, a symbol, a path, a piece of code"
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
          Explore as a symbol
        </button>
      </form>
      <LoadError of={[hits]} />
      {symbol !== "" && <SymbolExplorer key={symbol} name={symbol} explore={setSymbol} />}
      {query === "" && symbol === "" && (
        <EmptyState
          title="Ask about the code of the workspace"
          line={curl("/request", {
            kind: "semantic_search",
            params: { query: "where is a session refreshed", top_k: 3 },
          })}
        >
          The bridge parses the folders of the workspace and answers at once, without a model. Search for
          words, or explore a symbol.
        </EmptyState>
      )}
      {hits.isFetching && <p aria-busy="true">Searching…</p>}
      {hits.isSuccess && snippets.length === 0 && <p>Nothing is about this.</p>}
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
            <pre className="terminal" tabIndex={0} aria-label={snippet.file_path}>
              {snippet.content}
            </pre>
          </li>
        ))}
      </ul>
    </Page>
  );
}

/** What the index calls `Outer.inner` or `Outer::inner` is asked for by its last part. */
const bareName = (name: string) => name.split(/\.|::/).at(-1) ?? name;

function SymbolExplorer({ name, explore }: { name: string; explore: (name: string) => void }) {
  const card = useRef<HTMLElement>(null);
  // What was pressed may stand far below.
  useEffect(() => {
    void card.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <section ref={card} className="card" aria-label={`Symbol ${name}`}>
      <h2 className="mono">{name}</h2>
      <Tabs
        label="About the symbol"
        tabs={[
          { value: "calls", label: "Calls", content: () => <CallGraph name={name} explore={explore} /> },
          {
            value: "explanation",
            label: "Explanation",
            content: () => <Told kind="explain_symbol" name={name} />,
          },
          { value: "references", label: "References", content: () => <References name={name} /> },
        ]}
      />
    </section>
  );
}

function useAsked(kind: string, name: string) {
  return useQuery({
    queryKey: ["context", kind, name],
    queryFn: ({ signal }) => ask(kind, { symbol_name: name }, signal),
  });
}

/** An answer as it is. */
function Told({ kind, name }: { kind: string; name: string }) {
  const told = useAsked(kind, name);
  return (
    <>
      <LoadError of={[told]} />
      {told.data && (
        <pre className="terminal" tabIndex={0} aria-label="Answer">
          {readable(told.data)}
        </pre>
      )}
    </>
  );
}

function readable(answer: Answer): string {
  return JSON.stringify(answer, null, 2).replaceAll("\\n", "\n");
}

interface Reference {
  file_path: string;
  line: number;
  content?: string;
  text?: string;
  confidence?: number;
}

function References({ name }: { name: string }) {
  const told = useAsked("find_references", name);
  const references = (told.data?.["references"] ?? []) as Reference[];
  return (
    <>
      <LoadError of={[told]} />
      {told.isSuccess && references.length === 0 && <p className="muted">None is known.</p>}
      <ul className="references">
        {references.map((reference, index) => (
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
