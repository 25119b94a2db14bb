//! Measures the user's login shell once, in the background, for the diagnostics.

use std::sync::{Arc, OnceLock};

use codex::login_shell::LoginShell;
use model::limits;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The measurement of the user's login shell. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LoginShellMeasurement {
    measured: Arc<OnceLock<LoginShell>>,
}

impl LoginShellMeasurement {
    /// Measures the login shell a while after the start of the bridge, as a Codex process with these
    /// overrides of the environment runs it.
    #[must_use]
    pub fn in_background(
        environment: Vec<(String, String)>,
        tasks: &TaskTracker,
        stopping: CancellationToken,
    ) -> Self {
        let this = Self::default();
        let measured = Arc::clone(&this.measured);
        tasks.spawn(stopping.run_until_cancelled_owned(async move {
            // The first conversation should not have to share the processor with the shell.
            tokio::time::sleep(limits::LOGIN_SHELL_DELAY).await;
            if let Some(shell) = LoginShell::measure(&environment, limits::LOGIN_SHELL_TIMEOUT).await {
                measured.get_or_init(|| shell);
            }
        }));
        this
    }

    /// Returns the login shell once it was measured.
    #[must_use]
    pub fn get(&self) -> Option<&LoginShell> {
        self.measured.get()
    }
}
