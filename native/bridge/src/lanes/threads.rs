//! The threads of lanes.

use std::path::PathBuf;

use codex::protocol::Thread;
use model::ids::{LaneId, ThreadId};
use model::lane::Lane;
use model::surface::Surface;

use super::Lanes;
use crate::conversations::Turns;
use crate::error::Error;

impl Lanes {
    /// Reads a thread from Codex.
    pub(super) async fn thread(&self, thread_id: &ThreadId) -> Result<Thread, Error> {
        let conversation = self.inner.conversations.conversation(thread_id, Turns::Omit).await;
        match conversation {
            Ok(conversation) => Ok(conversation.thread),
            Err(Error::ConversationNotFound(id)) => Err(Error::ThreadNotFound(id)),
            Err(error) => Err(error),
        }
    }

    /// Updates the lane from its thread: surface, title and repository directory.
    ///
    /// # Errors
    /// [`Error::LaneNotFound`], [`Error::LaneConflict`] if the lane has no thread, and
    /// [`Error::ThreadNotFound`] if Codex does not know it.
    pub async fn sync_from_codex(&self, lane_id: &LaneId) -> Result<Lane, Error> {
        let lane = self.get(lane_id).await?;
        let Some(thread_id) = &lane.thread_id else {
            let problem = "it has no thread; attach a thread or prompt the lane".to_owned();
            return Err(Error::LaneConflict { problem, lane: Box::new(lane) });
        };
        let thread = self.thread(thread_id).await?;
        self.step(lane_id, move |lane, now| {
            let surface = surface(&thread);
            let title = thread.name.clone().or_else(|| lane.title.clone());
            let repo_root = lane.repo_root.clone().or_else(|| thread.folder());
            if (surface, &title, &repo_root) == (lane.surface, &lane.title, &lane.repo_root) {
                return Ok(vec![]);
            }
            lane.surface = surface;
            lane.title = title;
            lane.repo_root = repo_root;
            lane.updated_at = now;
            Ok(vec![lane.updated()])
        })
        .await
    }

    /// Creates the lane's thread in its session and binds it. The thread is on disk when this returns.
    pub(super) async fn create_thread(&self, lane: &Lane) -> Result<Lane, Error> {
        let options = self.thread_options(lane);
        let supervisor = self.inner.sessions.supervisor_of(&lane.lane_id);
        let supervisor = supervisor.unwrap_or_else(|| self.inner.router.shared().clone());
        let server = supervisor.ready().await?;
        let (thread, _watch) = server.connection.thread_start(&options).await?;
        let title = lane.title.clone().unwrap_or_else(|| lane.lane_id.clone().into());
        // Codex stores a thread without a name only with its first turn.
        server.connection.thread_set_name(&thread.id, &title).await?;
        let thread_surface = surface(&thread);
        let cwd = thread.folder();
        self.step(&lane.lane_id, move |lane, now| {
            lane.thread_id = Some(thread.id);
            lane.surface = thread_surface;
            lane.title.get_or_insert(title);
            if lane.repo_root.is_none() {
                lane.repo_root = cwd;
            }
            lane.updated_at = now;
            Ok(vec![lane.updated()])
        })
        .await
    }

    /// Returns the directory in which the lane's commands run.
    pub(super) async fn directory(&self, lane: &Lane) -> Result<PathBuf, Error> {
        if let Some(directory) = lane.directory() {
            return Ok(PathBuf::from(directory));
        }
        match &lane.thread_id {
            Some(thread_id) => {
                Ok(self.thread(thread_id).await?.cwd.unwrap_or_else(|| self.inner.defaults.cwd.clone()))
            }
            None => Ok(self.inner.defaults.cwd.clone()),
        }
    }
}

/// Returns the surface that a thread originated in.
pub(super) fn surface(thread: &Thread) -> Surface {
    Surface::of_thread(thread)
}
