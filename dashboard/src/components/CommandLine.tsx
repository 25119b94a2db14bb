import { Check, Copy } from "lucide-react";
import { useState } from "react";

/** A line for a terminal, to be copied. */
export function CommandLine({ line }: { line: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div className="command-line">
      <pre tabIndex={0} aria-label="Command">
        <code>{line}</code>
      </pre>
      <button
        type="button"
        className="button quiet icon"
        onClick={() => void copy()}
        aria-label="Copy the command"
      >
        {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      </button>
      <span className="visually-hidden" role="status">
        {copied ? "Copied" : ""}
      </span>
    </div>
  );
}
