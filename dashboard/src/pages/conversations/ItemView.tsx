// One item of a turn. Its content is untrusted data: Markdown without HTML, terminal output reduced to its
// colors, and plain text.

import { Brain, FileDiff, FoldVertical, Search, SquareTerminal, Wrench } from "lucide-react";
import { memo } from "react";

import { AnsiText } from "../../components/AnsiText";
import { changesOf } from "../../components/changes";
import { Diff } from "../../components/Diff";
import { duration } from "../../components/format";
import { Markdown } from "../../components/Markdown";
import { CodeBlock } from "../../components/Scrollable";
import { Status } from "../../components/Status";
import { type Item, textOf } from "./transcript";

export const ItemView = memo(function ItemView({ item }: { item: Item }) {
  switch (item.type) {
    case "userMessage":
      return <div className="item user-message message-text">{textOf(item["content"])}</div>;
    case "agentMessage":
      return (
        <div className="item agent-message">
          <Markdown text={textOf(item["text"])} />
        </div>
      );
    case "reasoning": {
      const text = textOf(item["summaryText"]) || textOf(item["summary"]) || textOf(item["content"]);
      return text === "" ? null : (
        <details className="item">
          <summary>
            <Brain aria-hidden /> Reasoning
          </summary>
          <Markdown text={text} />
        </details>
      );
    }
    case "commandExecution":
      return <Command item={item} />;
    case "fileChange":
      return <FileChanges item={item} />;
    case "webSearch":
      return (
        <p className="item item-line">
          <Search aria-hidden /> Searched the web for “{textOf(item["query"])}”
        </p>
      );
    case "contextCompaction":
      return (
        <p className="item item-line">
          <FoldVertical aria-hidden /> Codex compacted the history into a summary
        </p>
      );
    case "plan":
      return (
        <div className="item agent-message">
          <Markdown text={textOf(item["text"])} />
        </div>
      );
    default:
      return <Other item={item} />;
  }
});

function Command({ item }: { item: Item }) {
  const output = textOf(item["aggregatedOutput"]);
  const exitCode = item["exitCode"];
  const status = typeof exitCode === "number" && exitCode !== 0 ? "failed" : String(item["status"] ?? "");
  const label = typeof exitCode === "number" && exitCode !== 0 ? `exit ${exitCode}` : undefined;
  return (
    <details className="item" open={output.length < 4000}>
      <summary>
        <SquareTerminal aria-hidden />
        <code className="clip">{textOf(item["command"])}</code>
        <span className="item-end">
          {typeof item["durationMs"] === "number" && (
            <span className="muted small">{duration(item["durationMs"])}</span>
          )}
          <Status status={status} {...(label && { label })} />
        </span>
      </summary>
      {textOf(item["cwd"]) !== "" && (
        <p className="small muted mono wrap-anywhere">in {textOf(item["cwd"])}</p>
      )}
      {output !== "" && (
        <CodeBlock label="Output">
          <AnsiText text={output} />
        </CodeBlock>
      )}
    </details>
  );
}

function FileChanges({ item }: { item: Item }) {
  const changes = changesOf(item["changes"]);
  return (
    <details className="item" open>
      <summary>
        <FileDiff aria-hidden />
        {changes.length === 1 ? "Changed 1 file" : `Changed ${changes.length} files`}
        <span className="item-end">
          <Status status={String(item["status"] ?? "")} />
        </span>
      </summary>
      {changes.map(({ path, diff }) => (
        <Diff key={path} path={path} diff={diff} />
      ))}
    </details>
  );
}

/** Renders tool calls, and items of types that only newer versions of Codex have. */
function Other({ item }: { item: Item }) {
  const name = [item["server"], item["tool"]].filter((part) => typeof part === "string").join(" / ");
  const { id: _, type, ...rest } = item;
  return (
    <details className="item">
      <summary>
        <Wrench aria-hidden />
        <span className="clip">{name === "" ? type : name}</span>
        <span className="item-end">
          {typeof item["status"] === "string" && <Status status={item["status"]} />}
        </span>
      </summary>
      <CodeBlock label="Details">{JSON.stringify(rest, null, 2)}</CodeBlock>
    </details>
  );
}
