// Unified diffs, line by line. What cannot be read as one is shown as it is.

import { parsePatch, type StructuredPatch } from "diff";
import { useMemo } from "react";

/** More lines than this are shown when somebody asks for them. */
const linesShown = 400;

export function Diff({ diff, path }: { diff: string; path?: string | undefined }) {
  const files = useMemo(() => parsed(diff, path), [diff, path]);
  if (files === undefined) {
    return (
      <div className="diffs">
        {path !== undefined && <span className="mono wrap-anywhere">{path}</span>}
        <pre className="terminal" tabIndex={0} aria-label={path ?? "Change"}>
          {diff}
        </pre>
      </div>
    );
  }
  return (
    <div className="diffs">
      {files.map((file, index) => (
        <FileDiff key={index} file={file} name={path ?? nameOf(file)} />
      ))}
    </div>
  );
}

function FileDiff({ file, name }: { file: StructuredPatch; name: string }) {
  const lines = file.hunks.flatMap((hunk) => hunk.lines);
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  return (
    <details className="diff" open={lines.length <= linesShown}>
      <summary>
        <span className="mono clip">{name}</span>
        <span className="additions" aria-label={`${count("+")} lines added`}>
          +{count("+")}
        </span>
        <span className="deletions" aria-label={`${count("-")} lines removed`}>
          −{count("-")}
        </span>
      </summary>
      <div className="diff-lines" tabIndex={0} role="region" aria-label={`Changes of ${name}`}>
        <table>
          <tbody>{file.hunks.flatMap((hunk, index) => hunkRows(hunk, index))}</tbody>
        </table>
      </div>
    </details>
  );
}

function hunkRows(hunk: StructuredPatch["hunks"][number], index: number) {
  let before = hunk.oldStart;
  let after = hunk.newStart;
  const rows = hunk.lines.map((line, at) => {
    const sign = line[0];
    const [kind, left, right] =
      sign === "+"
        ? ["added", "", after++]
        : sign === "-"
          ? ["removed", before++, ""]
          : ["", before++, after++];
    return (
      <tr key={`${index}.${at}`} className={kind as string}>
        <td className="line-number">{left}</td>
        <td className="line-number">{right}</td>
        <td>{line}</td>
      </tr>
    );
  });
  return [
    <tr key={index} className="hunk">
      <td colSpan={3}>
        @@ -{hunk.oldStart},{hunk.oldLines} +{hunk.newStart},{hunk.newLines} @@
      </td>
    </tr>,
    ...rows,
  ];
}

function parsed(diff: string, path: string | undefined): StructuredPatch[] | undefined {
  try {
    // Of a single file Codex sends the hunks alone.
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
