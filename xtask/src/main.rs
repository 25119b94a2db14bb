//! The project's own commands. `npm test`, `npm run demo` and `npm run package` call them.

mod api_types;
mod apt;
mod checkout;
mod codex_matrix;
mod codex_versions;
mod demo;
mod nats_server;
mod openapi;
mod package;
mod python;
mod run;
mod test;

use std::process::ExitCode;

/// What went wrong, in words for the person at the terminal.
type Failure = String;

const USAGE: &str = "\
Usage: cargo xtask <command>

  demo [--keep]            show a conversation from end to end, with the real Codex and a scripted model;
                           --keep stays up afterwards, for trying with curl
  test [rust|extension|smoke]
                           check everything, or one part of it
  package [--quick] [--target TARGET] [--glibc VERSION] [--cli]
                           make dist/codex-bridge-TARGET.vsix, for this machine unless a target is named
                           (linux-x64, linux-arm64, darwin-x64, darwin-arm64, win32-x64, win32-arm64);
                           --quick leaves out the release's optimizations, which take minutes;
                           --glibc links against that version, with cargo-zigbuild;
                           --cli makes the archive of the command line program as well
  codex-matrix             check the flows that must work with every Codex version against each of them
  codex-versions           install those versions outside the checkout and show where they are
  openapi                  write openapi.json, the description of the HTTP API, from the core's own types, and
                           extension/api/schemas.d.ts, these types for TypeScript";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["demo"] => demo::demo(false),
        ["demo", "--keep"] => demo::demo(true),
        ["test"] => test::test(&test::PARTS),
        ["test", part] if test::PARTS.contains(&part) => test::test(&[part]),
        ["package", ref options @ ..] => {
            package::Options::parse(options).and_then(|options| package::package(&options))
        }
        ["codex-matrix"] => codex_matrix::codex_matrix(),
        ["codex-versions"] => checkout::npm_packages().and_then(|()| codex_versions::show()),
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
