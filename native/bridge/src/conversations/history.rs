//! Codex's own history: which conversations there are, what is in them, and who has them.

use std::collections::HashMap;

use codex::connection::CallError;
use codex::owner::{self, Owner};
use codex::protocol::{Thread, ThreadListQuery};
use codex::rpc::Refusal;
use model::ids::ThreadId;

use super::Conversations;
use crate::error::Error;

/// Who may write a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// Nobody has it loaded.
    Nobody,
    /// This bridge runs a turn on it.
    Bridge,
    /// Another process, which may be another bridge.
    Other(Owner),
    /// The operating system does not tell.
    Unknown,
}

/// A conversation as Codex has it, and who holds it.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// As Codex has it.
    pub thread: Thread,
    /// Who may write it.
    pub holder: Holder,
}

/// A page of conversations.
#[derive(Debug, Clone)]
pub struct ConversationPage {
    /// Newest first.
    pub conversations: Vec<Conversation>,
    /// Asks for the next page.
    pub next_cursor: Option<String>,
}

impl Conversations {
    /// A page of Codex's history.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn history(&self, query: &ThreadListQuery) -> Result<ConversationPage, Error> {
        let server = self.inner.router.shared().ready().await?;
        let page = server.connection.thread_list(query).await.map_err(page_refused)?;
        let home = self.inner.router.shared().codex_home().map(ToOwned::to_owned);
        let owners = blocking(move || home.map(|home| owner::owners(&home))).await?.unwrap_or_default();
        let conversations = page.threads.into_iter().map(|thread| {
            let holder = self.holder(&thread.id, &owners);
            Conversation { thread, holder }
        });
        Ok(ConversationPage { conversations: conversations.collect(), next_cursor: page.next_cursor })
    }

    /// One conversation, with its turns where they are asked for.
    ///
    /// # Errors
    /// [`Error::ConversationNotFound`].
    pub async fn conversation(
        &self,
        conversation_id: &ThreadId,
        with_turns: bool,
    ) -> Result<Conversation, Error> {
        let read = self.on_closed(conversation_id, async |server| {
            match server.connection.thread_read(conversation_id, with_turns).await {
                Err(error)
                    if error.refusal() == Some(Refusal::NoTurnsYet)
                        && !self.inner.registry.is_closing(conversation_id) =>
                {
                    server.connection.thread_read(conversation_id, false).await
                }
                read => read,
            }
        });
        let thread = read.await?;
        let owners = match self.owner(conversation_id).await {
            Some(owner) => HashMap::from([(conversation_id.clone(), owner)]),
            None => HashMap::new(),
        };
        let holder = self.holder(conversation_id, &owners);
        Ok(Conversation { thread, holder })
    }

    fn holder(&self, conversation_id: &ThreadId, owners: &HashMap<ThreadId, Owner>) -> Holder {
        match owners.get(conversation_id) {
            Some(owner) if self.inner.router.supervisor_of(conversation_id).pid() == Some(owner.pid) => {
                Holder::Bridge
            }
            Some(owner) => Holder::Other(owner.clone()),
            // About to take it; or, where the system does not tell, perhaps following a turn of somebody
            // else's.
            None if self.inner.registry.is_active(conversation_id) => Holder::Bridge,
            None if owner::CAN_TELL => Holder::Nobody,
            None => Holder::Unknown,
        }
    }

    /// The process that has the conversation loaded, where the operating system tells.
    pub(super) async fn owner(&self, conversation_id: &ThreadId) -> Option<Owner> {
        let (home, id) = (self.inner.router.shared().codex_home()?.to_owned(), conversation_id.to_owned());
        blocking(move || owner::owner(&home, &id)).await.ok().flatten()
    }

    /// The refusal of what only the owner of a conversation can do.
    pub(super) async fn owned_elsewhere(&self, conversation_id: &ThreadId) -> Error {
        let owner = self.owner(conversation_id).await;
        Error::ConversationOwnedElsewhere { conversation_id: conversation_id.to_owned(), owner }
    }
}

/// Codex reads these two itself, and says in its own words what is wrong with them.
fn page_refused(error: CallError) -> Error {
    let CallError::Refused { error: refusal, .. } = &error else { return error.into() };
    if refusal.message.contains("cursor") {
        return Error::invalid("cursor", "must be the nextCursor of the page before");
    }
    if let Some((_, problem)) = refusal.message.split_once("unknown variant ") {
        return Error::invalid("source", format!("unknown {problem}"));
    }
    error.into()
}

/// Reading the process tables may wait for a disk.
async fn blocking<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let looked = tokio::task::spawn_blocking(look).await;
    looked.map_err(|error| Error::Internal(format!("looking for owners failed: {error}")))
}
