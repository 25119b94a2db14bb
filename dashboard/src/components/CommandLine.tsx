import { Check, Copy } from "lucide-react";
import { useState } from "react";

import { ScrollBlock } from "./Scrollable";

/** Renders a command for a terminal with a button that copies it. */
export function CommandLine({ line }: { line: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div className="command-line">
      <ScrollBlock label="Command">
        <pre>
          <code>{line}</code>
        </pre>
      </ScrollBlock>
      <button
        type="button"
        className="button quiet icon"
        onClick={() => void copy()}
        aria-label="Copy command"
      >
        {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      </button>
      <span className="visually-hidden" role="status">
        {copied ? "Copied" : ""}
      </span>
    </div>
  );
}
