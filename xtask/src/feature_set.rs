//! Checks that every build of the workspace selects the same features of each dependency.
//!
//! Cargo unites the features that the selected packages ask for. If `cargo test --workspace` and the build of
//! the addon selected different features of, say, tokio, Cargo would compile tokio and everything that uses
//! it twice.

use std::collections::BTreeSet;

use crate::{Failure, checkout, run::Program};

/// A selection of several packages that this project builds. Each package of the workspace is checked by
/// itself as well.
const PROGRAMS: [&str; 2] = ["cli", "testkit"];

/// Compares the features of each selection of packages with those of the whole workspace.
pub(crate) fn check() -> Result<(), Failure> {
    let workspace = features(&["--workspace", "--edges", "normal,build,dev"])?;
    let members = members()?;
    let selections = members.iter().map(|member| vec![member.as_str()]).chain([PROGRAMS.to_vec()]);
    for packages in selections {
        let mut arguments: Vec<&str> = packages.iter().flat_map(|&name| ["--package", name]).collect();
        arguments.extend(["--edges", "normal,build"]);
        let selection = features(&arguments)?;
        let different: Vec<&str> = selection.difference(&workspace).map(String::as_str).collect();
        if !different.is_empty() {
            return Err(format!(
                "A build of {} selects other features than `cargo test --workspace`:\n  {}\nMake them equal: name the \
                 features in [workspace.dependencies], \
                 or in native/workspace-hack for a transitive \
                 dependency. `cargo tree --workspace --edges features --invert <dependency>` shows what \
                 selects them.",
                packages.join(" and "),
                different.join("\n  ")
            ));
        }
    }
    Ok(())
}

/// Returns the names of the workspace's packages.
fn members() -> Result<Vec<String>, Failure> {
    let arguments = ["tree", "--quiet", "--workspace", "--depth", "0", "--prefix", "none", "--format", "{p}"];
    let tree = Program::cargo().args(arguments).stdout()?;
    Ok(tree.lines().filter_map(|line| line.split_once(' ')).map(|(name, _)| name.to_owned()).collect())
}

/// Returns every external dependency with its version and its features, once for each set of features.
fn features(selection: &[&str]) -> Result<BTreeSet<String>, Failure> {
    let format = ["tree", "--quiet", "--prefix", "none", "--no-dedupe", "--format", "{p} {f}"];
    let tree = Program::cargo().args(format).args(selection).stdout()?;
    let own = format!("({}", checkout::root().display());
    let external = tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.contains(&own));
    Ok(external.map(str::to_owned).collect())
}
