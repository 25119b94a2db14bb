//! Table `idempotency_keys`: which requests were made under a key of their caller's, and what was replied.

use model::clock::Timestamp;
use model::ids::{InstanceId, JobId};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, StoreError, required_id};

/// A request under a key.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    /// Chosen by the client.
    pub key: String,
    /// Method and path.
    pub request: String,
    /// SHA-256 of the body.
    pub body_hash: Vec<u8>,
}

/// A reply as it was sent. Always JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReply {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nothing was: it is the caller's now.
    New,
    /// It belongs to another request.
    OtherRequest,
    /// The request was made, and this was the reply.
    Replied(KeptReply),
    /// The request was made, and there is no reply yet.
    UnderWay {
        /// The bridge process that carries it out.
        instance_id: InstanceId,
        /// The job that it makes.
        job_id: JobId,
    },
}

impl Store {
    /// Claims a key for a request that `instance_id` will carry out as `job_id`, unless something is known of it already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_key(
        &self,
        request: &KeyedRequest,
        instance_id: &InstanceId,
        job_id: &JobId,
    ) -> Result<Claim, StoreError> {
        let (wanted, instance_id, job_id) = (request.clone(), instance_id.to_string(), job_id.to_string());
        self.write(move |connection| {
            if let Some(known) = known(connection, &wanted)? {
                return Ok(known);
            }
            connection
                .prepare_cached(
                    "INSERT INTO idempotency_keys (key, request, body_hash, instance_id, job_id, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    wanted.key,
                    wanted.request,
                    wanted.body_hash,
                    instance_id,
                    job_id,
                    Timestamp::now().as_millis(),
                ])?;
            Ok(Claim::New)
        })
        .await
    }

    /// Carries on, as `to`, a request whose bridge process `from` is gone. Returns whether it now is ours: only one wins.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_over_key(
        &self,
        key: &str,
        from: &InstanceId,
        to: &InstanceId,
        job_id: &JobId,
    ) -> Result<bool, StoreError> {
        let (key, from, to, job_id) = (key.to_owned(), from.to_string(), to.to_string(), job_id.to_string());
        self.write(move |connection| {
            let changed = connection
                .prepare_cached(
                    "UPDATE idempotency_keys SET instance_id = ?3, job_id = ?4
                     WHERE key = ?1 AND instance_id = ?2 AND status IS NULL",
                )?
                .execute([key, from, to, job_id])?;
            Ok(changed == 1)
        })
        .await
    }

    /// Keeps the reply. A refusal that left no job is not kept, and its key forgotten: the caller may correct the request.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_reply(&self, key: &str, reply: KeptReply) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.write(move |connection| {
            if !(200..300).contains(&reply.status) {
                let forgotten = connection
                    .prepare_cached(
                        "DELETE FROM idempotency_keys WHERE key = ?1
                         AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = idempotency_keys.job_id)",
                    )?
                    .execute([&key])?;
                if forgotten > 0 {
                    return Ok(());
                }
            }
            connection
                .prepare_cached("UPDATE idempotency_keys SET status = ?2, body = ?3 WHERE key = ?1")?
                .execute(params![key, reply.status, reply.body])?;
            Ok(())
        })
        .await
    }

    /// Forgets a key: the next request with it is a new one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_key(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.write(move |connection| {
            connection.prepare_cached("DELETE FROM idempotency_keys WHERE key = ?1")?.execute([key])?;
            Ok(())
        })
        .await
    }
}

fn known(connection: &Connection, wanted: &KeyedRequest) -> Result<Option<Claim>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT request, body_hash, instance_id, job_id, status, body FROM idempotency_keys WHERE key = ?1",
        )?
        .query_row([&wanted.key], |row| {
            let (request, body_hash): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
            if request != wanted.request || body_hash != wanted.body_hash {
                return Ok(Claim::OtherRequest);
            }
            let under_way = Claim::UnderWay { instance_id: required_id(row, 2)?, job_id: required_id(row, 3)? };
            let status: Option<u16> = row.get(4)?;
            Ok(match status {
                Some(status) => Claim::Replied(KeptReply { status, body: row.get(5)? }),
                None => under_way,
            })
        })
        .optional()?;
    Ok(found)
}

/// Forgets keys that were claimed before this moment.
pub(super) fn forget_keys(connection: &Connection, claimed_before: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM idempotency_keys WHERE created_at < ?1", [claimed_before.as_millis()])?;
    Ok(())
}
