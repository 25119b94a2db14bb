//! Tells utoipa how to describe ids, and embeds the dashboard anew when it was built anew. Debug builds read
//! its files when they run.

include!("../model/id_aliases.rs");

fn main() {
    describe_ids_as_strings();
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        let built = std::path::Path::new("../../dashboard/dist");
        // A path that is not there would have this run with every build; its folder changes when it appears.
        let watched = if built.exists() { built } else { std::path::Path::new("../../dashboard") };
        println!("cargo:rerun-if-changed={}", watched.display());
    }
}
