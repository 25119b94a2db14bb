//! Table `idempotency_keys`: the requests with an idempotency key, and the replies to them.

use model::clock::Timestamp;
use model::ids::{InstanceId, JobId};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, StoreError, required_id};

/// A request with an idempotency key.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    /// The key, chosen by the client.
    pub key: String,
    /// The method and path.
    pub request: String,
    /// The SHA-256 hash of the body.
    pub body_hash: Vec<u8>,
}

/// A reply that was sent. Its body is JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// The outcome of claiming a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The key was unused, and now belongs to the caller's request.
    New,
    /// The key belongs to another request.
    OtherRequest,
    /// The request was made before. Contains the reply to it.
    Replied(KeptReply),
    /// The request was made before, and has no reply yet.
    UnderWay {
        /// The bridge process that executes the request.
        instance_id: InstanceId,
        /// The job that the request creates.
        job_id: JobId,
    },
}

impl Store {
    /// Claims a key for a request that `instance_id` will execute as `job_id`, unless the key is in use.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn claim_key(
        &self,
        request: &KeyedRequest,
        instance_id: &InstanceId,
        job_id: &JobId,
    ) -> Result<Claim, StoreError> {
        let (request, instance_id, job_id) = (request.clone(), instance_id.to_string(), job_id.to_string());
        self.write(move |connection| {
            if let Some(claim) = existing_claim(connection, &request)? {
                return Ok(claim);
            }
            connection
                .prepare_cached(
                    "INSERT INTO idempotency_keys (key, request, body_hash, instance_id, job_id, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    request.key,
                    request.request,
                    request.body_hash,
                    instance_id,
                    job_id,
                    Timestamp::now().as_millis(),
                ])?;
            Ok(Claim::New)
        })
        .await
    }

    /// Assigns a request of the ended bridge process `from` to `to`. Returns whether `to` has it now; if
    /// several processes try, one succeeds.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
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

    /// Stores the reply. If an error reply left no job, the key is deleted instead, so that the caller can
    /// correct the request.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn keep_reply(&self, key: &str, reply: KeptReply) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.write(move |connection| {
            if !(200..300).contains(&reply.status) {
                let deleted = connection
                    .prepare_cached(
                        "DELETE FROM idempotency_keys WHERE key = ?1
                         AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.job_id = idempotency_keys.job_id)",
                    )?
                    .execute([&key])?;
                if deleted > 0 {
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

    /// Deletes a key, so that the next request with it is a new one.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub async fn forget_key(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.write(move |connection| {
            connection.prepare_cached("DELETE FROM idempotency_keys WHERE key = ?1")?.execute([key])?;
            Ok(())
        })
        .await
    }
}

fn existing_claim(connection: &Connection, keyed: &KeyedRequest) -> Result<Option<Claim>, StoreError> {
    let claim = connection
        .prepare_cached(
            "SELECT request, body_hash, instance_id, job_id, status, body
             FROM idempotency_keys WHERE key = ?1",
        )?
        .query_row([&keyed.key], |row| {
            let (request, body_hash): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
            if request != keyed.request || body_hash != keyed.body_hash {
                return Ok(Claim::OtherRequest);
            }
            let under_way =
                Claim::UnderWay { instance_id: required_id(row, 2)?, job_id: required_id(row, 3)? };
            let status: Option<u16> = row.get(4)?;
            Ok(match status {
                Some(status) => Claim::Replied(KeptReply { status, body: row.get(5)? }),
                None => under_way,
            })
        })
        .optional()?;
    Ok(claim)
}

/// Deletes keys that were claimed before `claimed_before`.
pub(super) fn delete_keys(connection: &Connection, claimed_before: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM idempotency_keys WHERE created_at < ?1", [claimed_before.as_millis()])?;
    Ok(())
}
