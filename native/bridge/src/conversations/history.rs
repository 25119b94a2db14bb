//! Codex's history: the list of conversations, their content, and the processes that hold them.

use std::collections::HashMap;

use codex::owner::{self, Owner};
use codex::protocol::{Thread, ThreadListQuery, TurnPage, TurnQuery};
use codex::rpc::Refusal;
use model::activity::LoadedState;
use model::ids::ThreadId;

use super::Conversations;
use crate::error::Error;

/// The process that holds a conversation's writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// No process has the conversation loaded.
    Nobody,
    /// This bridge runs a turn on it.
    Bridge,
    /// Another process, which may be another bridge.
    Other(Owner),
    /// The operating system cannot tell.
    Unknown,
}

/// A conversation with its holder.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// The thread as Codex returned it.
    pub thread: Thread,
    /// The process that may write the thread.
    pub holder: Holder,
    /// The activity and the goal of the thread, if this bridge has loaded it.
    pub state: LoadedState,
    /// The cursor of the turns before those of `thread`, if there are older ones.
    pub older_turns: Option<String>,
}

/// The turns to read with a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turns {
    /// Read a page of turns.
    Include(TurnQuery),
    /// Read the conversation without its turns.
    Omit,
}

/// A page of conversations.
#[derive(Debug, Clone)]
pub struct ConversationPage {
    /// The conversations, newest first.
    pub conversations: Vec<Conversation>,
    /// The cursor of the next page, if there is one.
    pub next_cursor: Option<String>,
}

impl Conversations {
    /// Returns a page of Codex's history.
    ///
    /// # Errors
    /// [`Error::Invalid`] if Codex refuses the cursor or the source; [`Error::Supervisor`], [`Error::Codex`].
    pub async fn history(&self, query: &ThreadListQuery) -> Result<ConversationPage, Error> {
        let server = self.inner.router.shared().ready().await?;
        let page = server.connection.thread_list(query).await.map_err(Error::of_page)?;
        let home = self.inner.router.shared().codex_home().map(ToOwned::to_owned);
        let owners = blocking(move || home.map(|home| owner::owners(&home))).await?.unwrap_or_default();
        let conversations = page.threads.into_iter().map(|thread| {
            let holder = self.holder(&thread.id, &owners);
            let state = self.state(&thread.id);
            Conversation { thread, holder, state, older_turns: None }
        });
        Ok(ConversationPage { conversations: conversations.collect(), next_cursor: page.next_cursor })
    }

    /// Returns one conversation.
    ///
    /// # Errors
    /// [`Error::ConversationNotFound`]; [`Error::UnsupportedByCodex`] if a page is requested that the
    /// installed Codex cannot read; [`Error::Invalid`] if Codex refuses the cursor.
    pub async fn conversation(
        &self,
        conversation_id: &ThreadId,
        turns: Turns,
    ) -> Result<Conversation, Error> {
        let read = self.retry_while_closing(conversation_id, async |server| {
            server.connection.thread_read(conversation_id, false).await
        });
        let mut thread = read.await?;
        let mut older_turns = None;
        if let Turns::Include(query) = turns {
            let page = self.turns(&thread, &query).await?;
            thread.turns = page.turns.into_iter().rev().collect();
            older_turns = page.next_cursor;
        }
        let owners = match self.owner(conversation_id).await {
            Some(owner) => HashMap::from([(conversation_id.clone(), owner)]),
            None => HashMap::new(),
        };
        let holder = self.holder(conversation_id, &owners);
        let state = self.state(&thread.id);
        Ok(Conversation { thread, holder, state, older_turns })
    }

    /// Returns a page of the turns of a conversation, newest first.
    async fn turns(&self, thread: &Thread, query: &TurnQuery) -> Result<TurnPage, Error> {
        let server = self.inner.router.supervisor_of(&thread.id).ready().await?;
        if *query != TurnQuery::default() && !server.methods.has("thread/turns/list") {
            return Err(Error::UnsupportedByCodex("read a conversation in pages"));
        }
        let read = self.retry_while_closing(&thread.id, async |server| {
            server.connection.thread_newest_turns(&server.methods, thread, query).await
        });
        match read.await {
            Err(Error::Codex(error)) if error.refusal() == Some(Refusal::NoTurnsYet) => {
                Ok(TurnPage::default())
            }
            Err(Error::Codex(error)) => Err(Error::of_page(error)),
            read => read,
        }
    }

    /// Makes sure that Codex knows the conversation.
    ///
    /// # Errors
    /// [`Error::ConversationNotFound`]; [`Error::Supervisor`], [`Error::Codex`].
    pub(super) async fn check_exists(&self, conversation_id: &ThreadId) -> Result<(), Error> {
        let read = self.retry_while_closing(conversation_id, async |server| {
            server.connection.thread_read(conversation_id, false).await
        });
        read.await.map(drop)
    }

    fn holder(&self, conversation_id: &ThreadId, owners: &HashMap<ThreadId, Owner>) -> Holder {
        match owners.get(conversation_id) {
            Some(owner) if self.inner.router.supervisor_of(conversation_id).pid() == Some(owner.pid) => {
                Holder::Bridge
            }
            Some(owner) => Holder::Other(owner.clone()),
            // The bridge is about to load it. If the system cannot tell owners, the bridge may instead be
            // following a turn of another process.
            None if self.inner.registry.is_active(conversation_id) => Holder::Bridge,
            None if owner::CAN_TELL => Holder::Nobody,
            None => Holder::Unknown,
        }
    }

    /// Returns the process that has the conversation loaded, if the operating system can tell.
    pub(crate) async fn owner(&self, conversation_id: &ThreadId) -> Option<Owner> {
        let (home, id) = (self.inner.router.shared().codex_home()?.to_owned(), conversation_id.to_owned());
        blocking(move || owner::owner(&home, &id)).await.ok().flatten()
    }

    /// Reports whether a process has the conversation open, even if Codex has not stored it yet, because it
    /// has no message.
    pub(crate) async fn may_be_open(&self, conversation_id: &ThreadId) -> Result<bool, Error> {
        let home = self.inner.router.shared().codex_home().map(ToOwned::to_owned);
        let Some(home) = home else { return Ok(false) };
        let id = conversation_id.to_owned();
        blocking(move || owner::may_be_open(&home, &id)).await
    }

    /// Returns the error for an operation that only the owner of the conversation can do.
    pub(super) async fn owned_elsewhere(&self, conversation_id: &ThreadId) -> Error {
        let owner = self.owner(conversation_id).await;
        Error::ConversationOwnedElsewhere { conversation_id: conversation_id.to_owned(), owner }
    }
}

/// Runs a search for owners on a blocking thread, because reading the process tables may wait for a disk.
async fn blocking<T: Send + 'static>(search: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let found = tokio::task::spawn_blocking(search).await;
    found.map_err(|error| Error::Internal(format!("the search for owners failed: {error}")))
}
