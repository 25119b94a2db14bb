// An agent's message, rendered as Markdown but treated as untrusted data: HTML in it is not interpreted, it
// loads nothing, and a link shows its target.

import { memo } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";

import { ScrollBlock } from "./Scrollable";

const plugins = [remarkGfm];

const components: Components = {
  a: ({ href, children }) =>
    href !== undefined && /^https?:/.test(href) ? (
      <a href={href} title={href} target="_blank" rel="noopener noreferrer">
        {children}
      </a>
    ) : (
      // A file in the workspace, or not a URL at all.
      <span title={href}>{children}</span>
    ),
  img: ({ alt, src }) => <span className="muted">[picture: {alt || String(src)}]</span>,
  pre: ({ children }) => (
    <ScrollBlock className="markdown-code" label="Code">
      <pre>{children}</pre>
    </ScrollBlock>
  ),
  table: ({ children }) => (
    <ScrollBlock className="table-scroll" label="Table">
      <table>{children}</table>
    </ScrollBlock>
  ),
  h1: ({ children }) => <p className="heading">{children}</p>,
  h2: ({ children }) => <p className="heading">{children}</p>,
  h3: ({ children }) => <p className="heading">{children}</p>,
  h4: ({ children }) => <p className="heading">{children}</p>,
  h5: ({ children }) => <p className="heading">{children}</p>,
  h6: ({ children }) => <p className="heading">{children}</p>,
  input: ({ checked }) => <span>{checked ? "☑" : "☐"}</span>,
};

export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={plugins} components={components} skipHtml={false}>
        {text}
      </ReactMarkdown>
    </div>
  );
});
