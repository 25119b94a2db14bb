//! Named gates, at which an answer waits until a test opens the gate. An open gate stays open, so that the
//! order of the answer and the release does not matter.

use std::collections::HashMap;

use tokio::sync::watch;

#[derive(Debug, Default, Clone, Copy)]
struct Gate {
    waiting: usize,
    is_open: bool,
}

#[derive(Debug, Default)]
pub(super) struct Holds {
    gates: watch::Sender<HashMap<String, Gate>>,
}

impl Holds {
    pub(super) fn release(&self, name: &str) {
        self.gates.send_modify(|gates| gates.entry(name.to_owned()).or_default().is_open = true);
    }

    pub(super) async fn hold(&self, name: &str) {
        let _waiting = Waiting::start(self, name);
        let mut gates = self.gates.subscribe();
        // The sender is part of `self`, so this cannot fail.
        let _ = gates.wait_for(|gates| gates.get(name).is_some_and(|gate| gate.is_open)).await;
    }

    pub(super) async fn wait_until_held(&self, name: &str) {
        let mut gates = self.gates.subscribe();
        let held = gates.wait_for(|gates| gates.get(name).is_some_and(|gate| gate.waiting > 0));
        let in_time = tokio::time::timeout(crate::WAIT_MAX, held).await.is_ok();
        assert!(in_time, "no answer was held under {name:?} within {:?}", crate::WAIT_MAX);
    }
}

/// Counts a waiting answer as long as it waits, even if its connection is closed meanwhile.
struct Waiting<'a> {
    holds: &'a Holds,
    name: &'a str,
}

impl<'a> Waiting<'a> {
    fn start(holds: &'a Holds, name: &'a str) -> Self {
        holds.gates.send_modify(|gates| gates.entry(name.to_owned()).or_default().waiting += 1);
        Self { holds, name }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.holds.gates.send_modify(|gates| {
            if let Some(gate) = gates.get_mut(self.name) {
                gate.waiting -= 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_gate_holds_until_it_is_opened_and_then_stays_open() {
        let holds = Arc::new(Holds::default());
        let held = tokio::spawn({
            let holds = Arc::clone(&holds);
            async move { holds.hold("gate").await }
        });
        holds.wait_until_held("gate").await;
        assert!(!held.is_finished());
        holds.release("other");
        assert!(!held.is_finished());
        holds.release("gate");
        held.await.unwrap();
        holds.hold("gate").await;
        assert_eq!(holds.gates.borrow()["gate"].waiting, 0);
    }
}
