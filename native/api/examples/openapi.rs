//! Prints the description of the HTTP API. `cargo xtask openapi` writes it to openapi.json.

fn main() {
    print!("{}", api::openapi_json());
}
