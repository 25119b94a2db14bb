//! Tests which process owns a thread, with real app-servers.

use std::time::Duration;

use codex::owner::{Owner, owner, owners};

use crate::support::{Place, in_time, notification_of, text, turn_end};

#[tokio::test]
async fn the_owner_of_a_thread_is_named_until_it_releases_the_lock() {
    let place = Place::new().await;
    let (server, other) = tokio::join!(place.start(), place.start());
    let home = place.codex_home();
    let (thread, mut watch) = server.connection.thread_start(&place.unrestricted()).await.unwrap();
    let turn = server.connection.turn_start(&thread.id, "m", &text("first"), None).await.unwrap();
    turn_end(&mut watch, &turn.id).await;
    let (another, _watch) = other.connection.thread_start(&place.unrestricted()).await.unwrap();

    let by = |pid| Owner { pid, program: "codex app-server".to_owned() };
    // The program that started this test, such as an editor, is named in parentheses and removed here.
    let plain = |mut owner: Owner| {
        owner.program.truncate("codex app-server".len());
        owner
    };
    assert_eq!(owner(&home, &thread.id).map(plain), Some(by(server.pid)));
    assert_eq!(owner(&home, &another.id).map(plain), Some(by(other.pid)));
    assert_eq!(owner(&home, "019aa000-0000-7000-8000-000000000000"), None);
    let mut all: Vec<_> = owners(&home).into_iter().map(|(id, owner)| (id, plain(owner))).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let mut expected = vec![(thread.id.clone(), by(server.pid)), (another.id, by(other.pid))];
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(all, expected);

    server.connection.thread_unsubscribe(&thread.id).await.unwrap();
    notification_of(&mut watch, "thread/closed").await;
    in_time("the release of the lock", async {
        while owner(&home, &thread.id).is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(owners(&home).len(), 1, "the lock file remains, but no process holds it");
    other.connection.thread_resume(&thread.id, &place.unrestricted()).await.unwrap();
    assert_eq!(owner(&home, &thread.id).map(plain), Some(by(other.pid)));
}
