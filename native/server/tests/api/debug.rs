//! `/debug`: simulated turns, and the cleanup of stale state.

use serde_json::json;
use server::Bridge;
use testkit::HttpClient;

use crate::lanes::{event_types, post, wait_for_lane};
use crate::support::TestBridge;

async fn debug_bridge() -> TestBridge {
    TestBridge::start_with(None, |config| config.debug_routes = true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_and_a_completion_can_be_simulated_for_a_lane() {
    let test = debug_bridge().await;
    post(&test, "/lanes", json!({"laneId": "one"})).await;
    let body = json!({"laneId": "one", "source": "runtime", "reason": "May I?"});
    let asked = post(&test, "/debug/request-approval", body).await;
    assert_eq!(asked["lane"]["status"], "needs_approval", "{asked}");
    let approval = &asked["approval"];
    assert_eq!(
        (&approval["source"], &approval["reason"], &approval["laneId"], &approval["status"]),
        (&json!("runtime"), &json!("May I?"), &json!("one"), &json!("pending"))
    );
    let listed = test.get("/lanes/one/approvals").await.body["approvals"].clone();
    assert_eq!(listed[0], *approval);
    let busy = test.post("/lanes/one/prompt", json!({"input": "x"})).await;
    assert_eq!(busy.status, 409, "{}", busy.body);

    let approval_id = approval["approvalId"].as_str().unwrap();
    let approved = post(&test, &format!("/lanes/one/approvals/{approval_id}/approve"), json!({})).await;
    assert_eq!(approved["approval"]["status"], "approved", "{approved}");
    wait_for_lane(&test, "one", "running").await;
    let done = post(&test, "/debug/complete", json!({"laneId": "one", "note": "simulated"})).await;
    assert_eq!(done["lane"]["status"], "done", "{done}");
    assert_eq!(
        event_types(&test, "one", "lane.completed").await,
        [
            "lane.created",
            "lane.approval.requested",
            "lane.approval.resolved",
            "lane.turn.completed",
            "lane.completed"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_can_be_simulated_for_a_running_turn() {
    let test = debug_bridge().await;
    let body = json!({
        "laneId": "one", "repoRoot": test.directories.workspace(), "kickoffPrompt": "@model hold gate",
    });
    let started = post(&test, "/codex/workflows/start-visible", body).await;
    test.model.wait_until_held("gate").await;
    wait_for_lane(&test, "one", "running").await;
    let refused = test.post("/debug/complete", json!({"laneId": "one"})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (409, &json!("lane_conflict")));

    let asked =
        post(&test, "/debug/request-approval", json!({"laneId": "one", "source": "app-server"})).await;
    assert_eq!(asked["approval"]["source"], "app-server");
    assert_eq!(asked["approval"]["conversationId"], started["threadId"]);
    let lane = wait_for_lane(&test, "one", "needs_approval").await;
    let job_id = lane["activeJobId"].as_str().unwrap();
    let job = test.get(&format!("/jobs/{job_id}")).await.body["job"].clone();
    assert_eq!(job["waitingOn"][0]["approvalId"], asked["approval"]["approvalId"], "{job}");
    let stale = post(&test, "/debug/reconcile-stale", json!({})).await;
    assert_eq!(stale["clearedSyntheticRunningLanes"], json!([]), "a real turn is not cleared");
    assert_eq!(stale["clearedOrphanedActiveTurns"], json!([]));

    // The end of the turn withdraws a simulated approval like a real one.
    test.model.release("gate");
    wait_for_lane(&test, "one", "done").await;
    let approval_id = asked["approval"]["approvalId"].as_str().unwrap();
    let approval = test.get(&format!("/approvals/{approval_id}")).await.body["approval"].clone();
    assert_eq!(approval["status"], "cancelled", "{approval}");
}

#[tokio::test(flavor = "multi_thread")]
async fn simulated_turns_can_be_cleared_or_interrupted_and_end_with_the_bridge() {
    let mut test = debug_bridge().await;
    for lane_id in ["cleared", "interrupted", "left", "idle"] {
        post(&test, "/lanes", json!({"laneId": lane_id})).await;
    }
    let asked = post(&test, "/debug/request-approval", json!({"laneId": "cleared"})).await;
    let kept = post(&test, "/debug/reconcile-stale", json!({"clearSyntheticRunningLanes": false})).await;
    assert_eq!(kept["clearedSyntheticRunningLanes"], json!([]));
    let cleared = post(&test, "/debug/reconcile-stale", json!({})).await;
    assert_eq!(cleared["clearedSyntheticRunningLanes"], json!(["cleared"]));
    wait_for_lane(&test, "cleared", "interrupted").await;
    let approval_id = asked["approval"]["approvalId"].as_str().unwrap();
    let approval = test.get(&format!("/approvals/{approval_id}")).await.body["approval"].clone();
    assert_eq!(approval["status"], "cancelled", "{approval}");

    post(&test, "/debug/request-approval", json!({"laneId": "interrupted"})).await;
    let interrupted = post(&test, "/lanes/interrupted/interrupt", json!({})).await;
    assert_eq!(interrupted["lane"]["status"], "interrupted", "{interrupted}");

    let asked = post(&test, "/debug/request-approval", json!({"laneId": "left"})).await;
    test.bridge.stop().await;
    test.bridge = Bridge::start(test.directories.config(), None).await.unwrap();
    test.client = HttpClient::new(test.bridge.url());
    let left = wait_for_lane(&test, "left", "interrupted").await;
    assert!(left["problem"].as_str().unwrap().contains("bridge"), "{left}");
    let path = format!("/approvals/{}", asked["approval"]["approvalId"].as_str().unwrap());
    let approval = test.get(&path).await.body["approval"].clone();
    assert_ne!(approval["status"], "pending", "{approval}");
}

#[tokio::test(flavor = "multi_thread")]
async fn simulations_require_the_setting_debug_routes() {
    let test = TestBridge::start().await;
    post(&test, "/lanes", json!({"laneId": "one"})).await;
    for path in ["/debug/request-approval", "/debug/complete"] {
        let refused = test.post(path, json!({"laneId": "one"})).await;
        assert_eq!(refused.status, 403, "{}", refused.body);
        assert_eq!(refused.body["code"], "switched_off");
        assert!(refused.body["error"].as_str().unwrap().contains("--debug-routes"), "{}", refused.body);
    }
    post(&test, "/debug/reconcile-stale", json!({})).await;

    let test = debug_bridge().await;
    post(&test, "/lanes", json!({"laneId": "one"})).await;
    let bodies = [
        (json!({"laneId": "nobody"}), 404, "lane_not_found", "laneId"),
        (json!({}), 400, "validation_error", "laneId"),
        (json!({"laneId": "one", "source": "me"}), 400, "validation_error", "source"),
        (json!({"laneId": "one", "reason": "x".repeat(2001)}), 400, "validation_error", "reason"),
        (json!({"laneId": "one", "why": "?"}), 400, "validation_error", "why"),
    ];
    for (body, status, code, field) in bodies {
        let refused = test.post("/debug/request-approval", body).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["code"]),
            (status, &json!(code)),
            "{}",
            refused.body
        );
        let error = refused.body["error"].as_str().unwrap().to_lowercase();
        assert!(error.contains(&field.to_lowercase()) || status == 404, "{error}");
    }
}
