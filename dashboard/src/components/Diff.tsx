// Unified diffs, line by line. A diff that cannot be parsed is shown as plain text.

import { parsePatch, type StructuredPatch } from "diff";
import { useMemo } from "react";

import { CodeBlock, ScrollBlock } from "./Scrollable";

/** Files with more changed lines than this start out collapsed. */
const openLinesMax = 400;

export function Diff({ diff, path }: { diff: string; path?: string | undefined }) {
  const files = useMemo(() => parsed(diff, path), [diff, path]);
  if (files === undefined) {
    return (
      <div className="diffs">
        {path !== undefined && <span className="mono wrap-anywhere">{path}</span>}
        <CodeBlock label={path ?? "Change"}>{diff}</CodeBlock>
      </div>
    );
  }
  return (
    <div className="diffs">
      {files.map((file) => (
        <FileDiff key={nameOf(file)} file={file} name={path ?? nameOf(file)} />
      ))}
    </div>
  );
}

function FileDiff({ file, name }: { file: StructuredPatch; name: string }) {
  const lines = file.hunks.flatMap((hunk) => hunk.lines);
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  return (
    <details className="diff" open={lines.length <= openLinesMax}>
      <summary>
        <span className="mono clip">{name}</span>
        <span className="additions">
          +{count("+")}
          <span className="visually-hidden"> lines added</span>
        </span>
        <span className="deletions">
          −{count("-")}
          <span className="visually-hidden"> lines removed</span>
        </span>
      </summary>
      <ScrollBlock className="diff-lines" label={`Changes in ${name}`}>
        <table>
          <tbody>{file.hunks.flatMap(hunkRows)}</tbody>
        </table>
      </ScrollBlock>
    </details>
  );
}

function hunkRows(hunk: StructuredPatch["hunks"][number]) {
  let before = hunk.oldStart;
  let after = hunk.newStart;
  const rows = hunk.lines.map((line) => {
    const key = `${before},${after}`;
    const sign = line[0];
    const [kind, left, right] =
      sign === "+"
        ? ["added", "", after++]
        : sign === "-"
          ? ["removed", before++, ""]
          : ["", before++, after++];
    return (
      <tr key={key} className={kind as string}>
        <td className="line-number">{left}</td>
        <td className="line-number">{right}</td>
        <td>{line}</td>
      </tr>
    );
  });
  return [
    <tr key={`${hunk.oldStart},${hunk.newStart} hunk`} className="hunk">
      <td colSpan={3}>
        @@ -{hunk.oldStart},{hunk.oldLines} +{hunk.newStart},{hunk.newLines} @@
      </td>
    </tr>,
    ...rows,
  ];
}

function parsed(diff: string, path: string | undefined): StructuredPatch[] | undefined {
  try {
    // For a single file, Codex sends only the hunks.
    const isBare = path !== undefined && !/^(diff |--- )/m.test(diff);
    const files = parsePatch(isBare ? `--- a\n+++ b\n${diff}` : diff).filter(({ hunks }) => hunks.length > 0);
    return files.length > 0 ? files : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(file: StructuredPatch): string {
  const name =
    file.newFileName === undefined || file.newFileName === "/dev/null" ? file.oldFileName : file.newFileName;
  return (name ?? "file").replace(/^[ab]\//, "");
}
