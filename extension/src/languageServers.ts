import * as vscode from "vscode";

import type {
  CodeDiagnostic,
  CodeLocation,
  CodePosition,
  FileQuestion,
  FunctionCalls,
  OutlineSymbol,
  PlaceQuestion,
} from "./addon";

// The language servers of this window, through the commands by which VS Code offers them to extensions:
// https://code.visualstudio.com/api/references/commands. Without a server for a language they answer with nothing.

type Found = vscode.Location | vscode.LocationLink;

/** Where what is named at a place is defined. */
export async function definitions(question: PlaceQuestion): Promise<CodeLocation[]> {
  return locations(await execute<Found[]>("vscode.executeDefinitionProvider", question), question.countMax);
}

/** Where what is named at a place is used, its definition included. */
export async function references(question: PlaceQuestion): Promise<CodeLocation[]> {
  return locations(await execute<Found[]>("vscode.executeReferenceProvider", question), question.countMax);
}

/** Who calls the function that is named at a place. */
export async function incomingCalls(question: PlaceQuestion): Promise<FunctionCalls[]> {
  const calls = await callsOf<vscode.CallHierarchyIncomingCall>("vscode.provideIncomingCalls", question);
  return calls.map(({ from, fromRanges }) => functionCalls(from, fromRanges));
}

/** Whom the function that is named at a place calls. */
export async function outgoingCalls(question: PlaceQuestion): Promise<FunctionCalls[]> {
  const calls = await callsOf<vscode.CallHierarchyOutgoingCall>("vscode.provideOutgoingCalls", question);
  return calls.map(({ to, fromRanges }) => functionCalls(to, fromRanges));
}

/** What a file defines, each symbol before those that lie in it. */
export async function outline({ path, countMax }: FileQuestion): Promise<OutlineSymbol[]> {
  if (path === undefined) {
    return [];
  }
  const { uri } = await vscode.workspace.openTextDocument(path);
  type Symbols = (vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined;
  const symbols = await vscode.commands.executeCommand<Symbols>("vscode.executeDocumentSymbolProvider", uri);
  const flat: OutlineSymbol[] = [];
  const add = (found: NonNullable<Symbols>, depth: number): void => {
    for (const symbol of found) {
      if (flat.length === countMax) {
        return;
      }
      // Older servers give a flat list.
      const isNested = "selectionRange" in symbol;
      const range = isNested ? symbol.range : symbol.location.range;
      flat.push({
        name: symbol.name,
        detail: isNested ? symbol.detail : "",
        kind: vscode.SymbolKind[symbol.kind].toLowerCase(),
        start: position(isNested ? symbol.selectionRange.start : range.start),
        firstLine: range.start.line,
        lastLine: range.end.line,
        depth,
      });
      if (isNested) {
        add(symbol.children, depth + 1);
      }
    }
  };
  add(symbols ?? [], 0);
  return flat;
}

/** What is wrong in a file, or in all of which that is known. */
export async function diagnostics({ path, countMax }: FileQuestion): Promise<CodeDiagnostic[]> {
  const uri = path === undefined ? undefined : vscode.Uri.file(path);
  const all =
    uri === undefined
      ? vscode.languages.getDiagnostics()
      : [[uri, vscode.languages.getDiagnostics(uri)] as const];
  const found = all.flatMap(([of, list]) => list.map((diagnostic) => ({ of, diagnostic })));
  // The worst first, so that a cut takes the least.
  found.sort((a, b) => a.diagnostic.severity - b.diagnostic.severity);
  return found.slice(0, countMax).map(({ of, diagnostic: { range, severity, message, code, source } }) => ({
    location: { path: of.fsPath, start: position(range.start) },
    severity: vscode.DiagnosticSeverity[severity].toLowerCase(),
    message,
    code: String(typeof code === "object" ? code.value : (code ?? "")),
    reporter: source ?? "",
  }));
}

async function execute<Answer>(command: string, { path, at }: PlaceQuestion): Promise<Answer | undefined> {
  // The servers of a language start when a file of it is open.
  const { uri } = await vscode.workspace.openTextDocument(path);
  return vscode.commands.executeCommand<Answer | undefined>(
    command,
    uri,
    new vscode.Position(at.line, at.character),
  );
}

async function callsOf<Call>(command: string, question: PlaceQuestion): Promise<Call[]> {
  const items = await execute<vscode.CallHierarchyItem[]>("vscode.prepareCallHierarchy", question);
  const calls = await Promise.all(
    (items ?? []).map((item) => vscode.commands.executeCommand<Call[] | undefined>(command, item)),
  );
  return calls.flatMap((found) => found ?? []).slice(0, question.countMax);
}

function locations(found: Found[] | undefined, countMax: number): CodeLocation[] {
  return (found ?? []).slice(0, countMax).map((location) =>
    "targetUri" in location
      ? {
          path: location.targetUri.fsPath,
          start: position((location.targetSelectionRange ?? location.targetRange).start),
        }
      : { path: location.uri.fsPath, start: position(location.range.start) },
  );
}

function functionCalls(
  { uri, name, selectionRange }: vscode.CallHierarchyItem,
  sites: vscode.Range[],
): FunctionCalls {
  return {
    function: { path: uri.fsPath, start: position(selectionRange.start) },
    name,
    sites: sites.map(({ start, end }) => ({ start: position(start), end: position(end) })),
  };
}

function position({ line, character }: vscode.Position): CodePosition {
  return { line, character };
}
