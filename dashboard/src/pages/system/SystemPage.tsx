import { useQuery } from "@tanstack/react-query";

import { call } from "../../api/client";
import { healthQuery } from "../../api/queries";
import { bytes } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { Status } from "../../components/Status";
import { LogTail } from "./LogTail";

/** Memory and checks change without events. */
const lookAgainMs = 5000;

export function SystemPage() {
  const system = useQuery({
    queryKey: ["system"],
    queryFn: ({ signal }) => call("GET /system", { signal }),
    refetchInterval: lookAgainMs,
  });
  const running = useQuery({
    queryKey: ["running"],
    queryFn: ({ signal }) => call("GET /codex/running", { signal }),
    refetchInterval: lookAgainMs,
  });
  const codex = useQuery(healthQuery).data?.codex;
  const memory = new Map(system.data?.processes.map((process) => [process.pid, process]));
  const others = running.data?.processes.filter(({ pid }) => !memory.has(pid)) ?? [];
  return (
    <Page title="System">
      <LoadError of={[system]} />
      <section className="section" aria-labelledby="checks">
        <h2 id="checks">Health</h2>
        <ul className="rows">
          {system.data?.checks.map((check) => (
            <li key={check.name} className="check">
              <Status status={check.status} />
              <strong>{check.name}</strong>
              <span className="wrap-anywhere">
                {check.finding}
                {check.advice && <span className="muted"> – {check.advice}</span>}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <div className="two-columns">
        <section className="section" aria-labelledby="versions">
          <h2 id="versions">Versions</h2>
          <div className="card">
            <dl className="facts">
              <dt>Codex Bridge</dt>
              <dd>
                {system.data?.version} on {system.data?.platform}
              </dd>
              <dt>Started</dt>
              <dd>
                <Moment at={system.data?.startedAt} />
              </dd>
              <dt>Codex</dt>
              <dd>{codex?.version ?? "not known yet"}</dd>
              <dt>Binary</dt>
              <dd className="mono">
                {codex?.path ?? "not found"}{" "}
                {codex?.source && <span className="muted">({codex.source})</span>}
              </dd>
              <dt>Data folder</dt>
              <dd className="mono">{system.data?.dataFolder}</dd>
            </dl>
          </div>
        </section>
        <section className="section" aria-labelledby="processes">
          <h2 id="processes">Processes</h2>
          <LoadError of={[running]} />
          <div className="card table-scroll" tabIndex={0} role="region" aria-label="Table of processes">
            <table>
              <thead>
                <tr>
                  <th>Process</th>
                  <th>What</th>
                  <th className="numeric">Memory</th>
                </tr>
              </thead>
              <tbody>
                {system.data?.processes.map(({ pid, kind, memoryBytes }) => (
                  <tr key={pid}>
                    <td className="mono">{pid}</td>
                    <td>{kind === "bridge" ? "this bridge" : "its app-server"}</td>
                    <td className="numeric">{bytes(memoryBytes)}</td>
                  </tr>
                ))}
                {others.map(({ pid, program, parent }) => (
                  <tr key={pid}>
                    <td className="mono">{pid}</td>
                    <td>
                      {program}
                      {parent ? `, of ${parent.program}` : ""}
                    </td>
                    <td className="numeric muted">not ours</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      </div>
      <section className="section" aria-labelledby="settings">
        <h2 id="settings">Settings in force</h2>
        <div className="card table-scroll" tabIndex={0} role="region" aria-label="Table of settings">
          <table>
            <thead>
              <tr>
                <th>Setting</th>
                <th>Value</th>
              </tr>
            </thead>
            <tbody>
              {system.data?.settings.map(({ name, value }) => (
                <tr key={name}>
                  <td className="mono">codexBridge.{name}</td>
                  <td className="mono wrap-anywhere">{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <LogTail />
    </Page>
  );
}
