//! The memory usage of the bridge's processes.

use serde::Serialize;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
use utoipa::ToSchema;

use crate::request_error::RequestError;

/// A process of the bridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProcessMemory {
    /// The process id.
    pub(super) pid: u32,
    /// `bridge` or `app-server`.
    pub(super) kind: &'static str,
    /// The name of the program.
    pub(super) program: String,
    /// The resident memory in bytes.
    pub(super) memory_bytes: u64,
}

/// Returns the memory usage of the bridge and of these app-servers. Leaves out processes that have exited.
///
/// # Errors
/// An internal error if the processes cannot be read.
pub(super) async fn memory_of(app_servers: Vec<u32>) -> Result<Vec<ProcessMemory>, RequestError> {
    let read = move || {
        let own = std::process::id();
        let pids: Vec<Pid> = std::iter::once(own).chain(app_servers).map(Pid::from_u32).collect();
        let mut system = System::new();
        system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&pids),
            true,
            ProcessRefreshKind::nothing().with_memory(),
        );
        let found = pids.iter().filter_map(|pid| Some((pid.as_u32(), system.process(*pid)?)));
        let view = |(pid, process): (u32, &sysinfo::Process)| ProcessMemory {
            pid,
            kind: if pid == own { "bridge" } else { "app-server" },
            program: process.name().to_string_lossy().into_owned(),
            memory_bytes: process.memory(),
        };
        found.map(view).collect()
    };
    let processes = tokio::task::spawn_blocking(read).await;
    processes.map_err(|error| RequestError::internal(format!("cannot read the memory of processes: {error}")))
}
