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

// Queries the language servers of this window through the commands that VS Code provides:
// https://code.visualstudio.com/api/references/commands. Without a server for a language, the results are
// empty.

type Found = vscode.Location | vscode.LocationLink;

/** Returns the definitions of the symbol at a position. */
export async function definitions(question: PlaceQuestion): Promise<CodeLocation[]> {
  return locations(await execute<Found[]>("vscode.executeDefinitionProvider", question), question.countMax);
}

/** Returns the references to the symbol at a position, including its definition. */
export async function references(question: PlaceQuestion): Promise<CodeLocation[]> {
  return locations(await execute<Found[]>("vscode.executeReferenceProvider", question), question.countMax);
}

/** Returns the callers of the function at a position. */
export async function incomingCalls(question: PlaceQuestion): Promise<FunctionCalls[]> {
  const calls = await callsOf<vscode.CallHierarchyIncomingCall>("vscode.provideIncomingCalls", question);
  return calls.map(({ from, fromRanges }) => functionCalls(from, fromRanges));
}

/** Returns the functions that the function at a position calls. */
export async function outgoingCalls(question: PlaceQuestion): Promise<FunctionCalls[]> {
  const calls = await callsOf<vscode.CallHierarchyOutgoingCall>("vscode.provideOutgoingCalls", question);
  return calls.map(({ to, fromRanges }) => functionCalls(to, fromRanges));
}

/** Returns the symbols of a file, each symbol before the ones it contains. */
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
      // Older language servers return a flat list.
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

/** Returns the diagnostics of a file, or of all files that have any. */
export async function diagnostics({ path, countMax }: FileQuestion): Promise<CodeDiagnostic[]> {
  const uri = path === undefined ? undefined : vscode.Uri.file(path);
  const all =
    uri === undefined
      ? vscode.languages.getDiagnostics()
      : [[uri, vscode.languages.getDiagnostics(uri)] as const];
  const found = all.flatMap(([file, list]) => list.map((diagnostic) => ({ file, diagnostic })));
  // Most severe first, so that the limit drops the least severe ones.
  found.sort((a, b) => a.diagnostic.severity - b.diagnostic.severity);
  return found.slice(0, countMax).map(({ file, diagnostic: { range, severity, message, code, source } }) => ({
    location: { path: file.fsPath, start: position(range.start) },
    severity: vscode.DiagnosticSeverity[severity].toLowerCase(),
    message,
    code: String(typeof code === "object" ? code.value : (code ?? "")),
    reporter: source ?? "",
  }));
}

async function execute<Answer>(command: string, { path, at }: PlaceQuestion): Promise<Answer | undefined> {
  // Opening a file starts the language servers for its language.
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
