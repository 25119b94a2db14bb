//! The programs of this crate, for tests of other crates that start one as a process.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

/// The path of a program of this crate (`scripted-model`, `scripted-app-server`).
///
/// `cargo test --workspace` has built it. `cargo test -p <crate>` builds only libraries of other crates, so it is
/// built here when it is missing.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn testkit_program(name: &str) -> PathBuf {
    // Tests are threads of one process: one of them builds, the others find the result.
    static BUILDING: Mutex<()> = Mutex::new(());
    let _building = BUILDING.lock();

    let test = env::current_exe().expect("the path of the running test");
    // A test runs from `<target>/<profile>/deps`, an example or a program from one folder further up.
    let profile_folder = test
        .ancestors()
        .skip(1)
        .find(|folder| !folder.ends_with("deps") && !folder.ends_with("examples"))
        .expect("the folder of the running test");
    let program = profile_folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if !program.is_file() {
        build(name, profile_folder);
    }
    assert!(program.is_file(), "cargo built {name}, but not as {}", program.display());
    program
}

fn build(name: &str, profile_folder: &Path) {
    let target = profile_folder.parent().expect("the target folder");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", "testkit", "--bin", name, "--target-dir"]).arg(target);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile_folder.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.status().expect("cargo to start");
    assert!(status.success(), "cargo could not build {name}: {status}");
}
