/// The id types, which `openapi.json` describes as plain strings. The build scripts of all crates with schemas include this.
fn describe_ids_as_strings() {
    let ids = [
        "ApprovalId", "DeliveryId", "InstanceId", "JobId", "LaneId", "ThreadId", "TurnId", "WebhookId",
    ];
    let aliases = ids.map(|id| (id, "String"));
    aliases.into_iter().fold(utoipa_config::Config::new(), |config, (id, as_type)| config.alias_for(id, as_type)).write_to_file();
}
