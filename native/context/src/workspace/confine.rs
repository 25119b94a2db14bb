//! Confines paths to the workspace. Every path that a caller names is resolved to a file of the workspace
//! here, and only here.

use std::path::{Component, Path, PathBuf};

use super::{RootIndex, Workspace};

/// A path inside a root after all symbolic links were resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confined {
    /// The root that contains the path.
    pub root: RootIndex,
    /// The path relative to the root, with `/` between the parts.
    pub path: String,
    /// True if the path exists.
    pub exists: bool,
}

/// Why a path was rejected. A path outside the workspace gives the same error whether it exists or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The path leads out of the workspace.
    #[error("the path leads out of the workspace")]
    Outside,
    /// The path is empty, or contains a NUL byte or parts that are not UTF-8.
    #[error("the path cannot be a file of the workspace")]
    Malformed,
}

impl Workspace {
    /// Resolves a path to a file of the workspace. The path is absolute or relative to a root; the first root
    /// that contains it wins.
    ///
    /// # Errors
    /// Returns [`Refused::Outside`] if the path leads outside, by `..`, by a link, or because it is absolute,
    /// and [`Refused::Malformed`] if it cannot be a path of the workspace.
    pub fn confine(&self, path: &str) -> Result<Confined, Refused> {
        if path.is_empty() || path.contains('\0') {
            return Err(Refused::Malformed);
        }
        let path = Path::new(path);
        if path.is_absolute() {
            return self.confine_absolute(path);
        }
        let mut in_roots: Vec<_> =
            self.roots().iter().map(|root| self.confine_absolute(&root.join(path))).collect();
        // The first existing path wins, then the first error, then the path in the first root.
        let best = in_roots
            .iter()
            .position(|found| found.as_ref().is_ok_and(|found| found.exists))
            .or_else(|| in_roots.iter().position(Result::is_err));
        if in_roots.is_empty() { Err(Refused::Outside) } else { in_roots.swap_remove(best.unwrap_or(0)) }
    }

    fn confine_absolute(&self, path: &Path) -> Result<Confined, Refused> {
        let (resolved, exists) = resolve(path)?;
        let (root, relative) = (0..)
            .zip(self.roots())
            .find_map(|(index, root)| Some((index, resolved.strip_prefix(root).ok()?)))
            .ok_or(Refused::Outside)?;
        let path = with_slashes(relative).ok_or(Refused::Malformed)?;
        Ok(Confined { root, path, exists })
    }
}

/// Resolves the links of a path. Its last parts may be missing. Missing parts cannot be links, but they must
/// not climb with `..`.
fn resolve(path: &Path) -> Result<(PathBuf, bool), Refused> {
    if let Ok(resolved) = path.canonicalize() {
        return Ok((resolved, true));
    }
    // A dangling or circular link does not lead to a file of the workspace.
    if path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(Refused::Outside);
    }
    let Some(Component::Normal(name)) = path.components().next_back() else { return Err(Refused::Outside) };
    let parent = path.parent().ok_or(Refused::Outside)?;
    Ok((resolve(parent)?.0.join(name), false))
}

/// Returns a path with `/` between its parts, or `None` if it is not UTF-8.
pub(super) fn with_slashes(relative: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = relative.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

#[cfg(test)]
mod tests;
