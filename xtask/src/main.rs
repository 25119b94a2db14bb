//! The project's own commands. `npm test`, `npm run demo` and `npm run package` call them.

mod api_types;
mod apt;
mod changelog;
mod checkout;
mod codex_matrix;
mod codex_schema;
mod codex_versions;
mod dashboard;
mod demo;
mod feature_set;
mod files;
mod line_width;
mod nats_server;
mod openapi;
mod package;
mod python;
mod rooms;
mod run;
mod rust_tests;
mod test;
mod vsix;

use std::process::ExitCode;

use test::Part;

/// The description of a failure for the person at the terminal.
type Failure = String;

const USAGE: &str = "\
Usage: cargo xtask <command>

  demo [--keep]            show a conversation from end to end, with the real Codex and a scripted model;
                           --keep keeps the bridge running afterwards, for trying it with curl
  test [typescript|rust|dashboard|smoke]
                           run every check, or one part of them
  test rust FILTER         run the Rust tests whose name contains FILTER
  test --fast              run the checks that start no process: formats, types, TypeScript lints, unit tests
  lint                     run the static checks: formats, line widths, types, lints
  package [--quick] [--target TARGET] [--glibc VERSION] [--cli]
                           make dist/codex-bridge-TARGET.vsix, for this machine unless a target is named
                           (linux-x64, linux-arm64, darwin-x64, darwin-arm64, win32-x64, win32-arm64);
                           --quick builds with the profile of the tests, without optimizations;
                           --glibc links against that version, with cargo-zigbuild;
                           --cli also makes the archive of the command line program
  addon                    build the addon of this checkout's extension, and extension/src/addon.d.ts
  changelog VERSION        print the section of a version in CHANGELOG.md, the text of its release
  codex-matrix             run the flows that must work with every Codex version against each of them
  codex-versions           install these versions outside the checkout and print their paths
  codex-schema-diff [OLD [NEW]]
                           print how the app-server's protocol differs between two Codex versions: the
                           installed and the newest one, unless they are named
  openapi                  write openapi.json from the types of the HTTP API, and the TypeScript types of
                           extension/api and dashboard/src/api from openapi.json";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["demo"] => demo::demo(false),
        ["demo", "--keep"] => demo::demo(true),
        ["test"] => test::test(&Part::ALL),
        ["test", "--fast"] => test::test_fast(),
        ["test", "rust", filter] => test::test_rust(filter),
        ["test", part] => match Part::named(part) {
            Some(part) => test::test(&[part]),
            None => Err(USAGE.to_owned()),
        },
        ["lint"] => test::lint(),
        ["package", ref options @ ..] => {
            package::Options::parse(options).and_then(|options| package::package(&options))
        }
        ["addon"] => package::addon(),
        ["changelog", version] => changelog::print(version),
        ["codex-matrix"] => codex_matrix::codex_matrix(),
        ["codex-versions"] => checkout::npm_packages().and_then(|()| codex_versions::show()),
        ["codex-schema-diff", ref versions @ ..] if versions.len() <= 2 => {
            codex_schema::print_difference(versions)
        }
        ["openapi"] => openapi::write(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}
