//! Tells utoipa how to describe ids.

include!("../model/id_aliases.rs");

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    describe_ids_as_strings();
}
