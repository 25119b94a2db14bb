import { useQuery } from "@tanstack/react-query";

import { call } from "../../api/client";
import { healthQuery } from "../../api/queries";
import { Facts } from "../../components/Facts";
import { bytes } from "../../components/format";
import { LoadError } from "../../components/LoadError";
import { Moment } from "../../components/Moment";
import { Page } from "../../components/Page";
import { Rows } from "../../components/Rows";
import { ScrollRegion } from "../../components/Scrollable";
import { Status } from "../../components/Status";
import { LogTail } from "./LogTail";

/** How often to poll. Memory and checks change without events. */
const pollMs = 5000;

export function SystemPage() {
  const system = useQuery({
    queryKey: ["system"],
    queryFn: ({ signal }) => call("GET /system", { signal }),
    refetchInterval: pollMs,
  });
  const running = useQuery({
    queryKey: ["running"],
    queryFn: ({ signal }) => call("GET /codex/running", { signal }),
    refetchInterval: pollMs,
  });
  const codex = useQuery(healthQuery).data?.codex;
  const memory = new Map(system.data?.processes.map((process) => [process.pid, process]));
  const others = running.data?.processes.filter(({ pid }) => !memory.has(pid)) ?? [];
  return (
    <Page title="System">
      <LoadError of={[system]} />
      <section className="section" aria-labelledby="checks">
        <h2 id="checks">Health</h2>
        <Rows
          items={system.data?.checks ?? []}
          keyOf={(check) => check.name}
          row={(check) => (
            <div className="check">
              <Status status={check.status} />
              <strong>{check.name}</strong>
              <span className="wrap-anywhere">
                {check.finding}
                {check.advice && <span className="muted"> – {check.advice}</span>}
              </span>
            </div>
          )}
        />
      </section>
      <div className="two-columns">
        <section className="section" aria-labelledby="versions">
          <h2 id="versions">Versions</h2>
          <div className="card">
            <Facts
              facts={[
                {
                  name: "Codex Bridge",
                  value: system.data && `${system.data.version} on ${system.data.platform}`,
                },
                { name: "Started", value: <Moment at={system.data?.startedAt} /> },
                { name: "Codex", value: codex?.version ?? "not detected yet" },
                {
                  name: "Executable",
                  value: (
                    <>
                      {codex?.path ?? "not found"}{" "}
                      {codex?.source && <span className="muted">({codex.source})</span>}
                    </>
                  ),
                  mono: true,
                },
                { name: "Data directory", value: system.data?.dataFolder, mono: true },
              ]}
            />
          </div>
        </section>
        <section className="section" aria-labelledby="processes">
          <h2 id="processes">Processes</h2>
          <LoadError of={[running]} />
          <ScrollRegion className="card table-scroll" label="Process table">
            <table>
              <thead>
                <tr>
                  <th>Process</th>
                  <th>Program</th>
                  <th className="numeric">Memory</th>
                </tr>
              </thead>
              <tbody>
                {system.data?.processes.map(({ pid, kind, memoryBytes }) => (
                  <tr key={pid}>
                    <td className="mono">{pid}</td>
                    <td>{kind === "bridge" ? "this bridge" : "this bridge’s app-server"}</td>
                    <td className="numeric">{bytes(memoryBytes)}</td>
                  </tr>
                ))}
                {others.map(({ pid, program, parent }) => (
                  <tr key={pid}>
                    <td className="mono">{pid}</td>
                    <td>
                      {program}
                      {parent ? `, started by ${parent.program}` : ""}
                    </td>
                    <td className="numeric muted">not measured</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollRegion>
        </section>
      </div>
      <section className="section" aria-labelledby="settings">
        <h2 id="settings">Settings</h2>
        <ScrollRegion className="card table-scroll" label="Settings table">
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
        </ScrollRegion>
      </section>
      <LogTail />
    </Page>
  );
}
