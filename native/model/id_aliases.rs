/// The id types, which `openapi.json` describes as plain strings. The build scripts of all crates with
/// schemas include this.
fn describe_ids_as_strings() {
    let ids = [
        "ApprovalId", "DeliveryId", "InstanceId", "JobId", "LaneId", "ThreadId", "TurnId", "WebhookId",
    ];
    let aliases = ids.map(|id| (id, "String"));
    let config = utoipa_config::Config::new();
    let config = aliases.into_iter().fold(config, |config, (id, as_type)| config.alias_for(id, as_type));
    config.write_to_file();
}
