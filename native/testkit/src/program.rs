//! Locates the programs of this crate, for tests of other crates that start one as a process.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

/// Returns the path of a program of this crate (`scripted-model`, `scripted-app-server`).
///
/// `cargo test --workspace` builds the program. `cargo test -p <crate>` only builds the libraries of other
/// crates, so a missing program is built here.
///
/// # Panics
/// When the program cannot be built.
#[must_use]
pub fn testkit_program(name: &str) -> PathBuf {
    // Tests are threads of one process. One of them builds the program, and the others find it.
    static BUILDING: Mutex<()> = Mutex::new(());
    let _building = BUILDING.lock();

    let test = env::current_exe().expect("the path of the running test");
    // A test runs from `<target>/<profile>/deps`. An example runs from `examples`, and a program from one
    // directory above.
    let profile_directory = test
        .ancestors()
        .skip(1)
        .find(|directory| !directory.ends_with("deps") && !directory.ends_with("examples"))
        .expect("the directory of the running test");
    let program = profile_directory.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if !program.is_file() {
        build(name, profile_directory);
    }
    assert!(program.is_file(), "cargo built {name}, but not as {}", program.display());
    program
}

fn build(name: &str, profile_directory: &Path) {
    let target = profile_directory.parent().expect("the target directory");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", "testkit", "--bin", name, "--target-dir"]).arg(target);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile_directory.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.status().expect("cargo to start");
    assert!(status.success(), "cargo could not build {name}: {status}");
}
