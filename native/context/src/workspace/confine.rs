//! The one place where a path that somebody names becomes a file of the workspace.

use std::path::{Component, Path, PathBuf};

use super::{RootIndex, Workspace};

/// A path that lies in a root after all links were resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confined {
    /// The root.
    pub root: RootIndex,
    /// The path from there, with `/` between the parts.
    pub path: String,
    /// Whether something is there.
    pub exists: bool,
}

/// Why a path was not accepted. What is outside looks the same whether it exists or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It leads out of the workspace.
    #[error("the path leads out of the workspace")]
    Outside,
    /// It is empty, or has a NUL byte or parts that are not UTF-8.
    #[error("the path cannot be a file of the workspace")]
    Malformed,
}

impl Workspace {
    /// The file of the workspace that a path means: an absolute one, or one from a root, of which the first that has it counts.
    ///
    /// # Errors
    /// It leads outside, by `..`, by a link, or because it is absolute.
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
        // One that is there, or else a reason to refuse, or else the place in the first root where it would be.
        let place = in_roots
            .iter()
            .position(|found| found.as_ref().is_ok_and(|found| found.exists))
            .or_else(|| in_roots.iter().position(Result::is_err));
        if in_roots.is_empty() { Err(Refused::Outside) } else { in_roots.swap_remove(place.unwrap_or(0)) }
    }

    fn confine_absolute(&self, path: &Path) -> Result<Confined, Refused> {
        let (resolved, exists) = resolve(path)?;
        let (root, relative) = (0..)
            .zip(self.roots())
            .find_map(|(index, root)| Some((index, resolved.strip_prefix(root).ok()?)))
            .ok_or(Refused::Outside)?;
        let path = slashed(relative).ok_or(Refused::Malformed)?;
        Ok(Confined { root, path, exists })
    }
}

/// Resolves the links of a path, of which the last parts may be missing: those are not links, but must not climb.
fn resolve(path: &Path) -> Result<(PathBuf, bool), Refused> {
    if let Ok(resolved) = path.canonicalize() {
        return Ok((resolved, true));
    }
    // A link that leads nowhere, or in a circle, leads at least not to a file of ours.
    if path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(Refused::Outside);
    }
    let Some(Component::Normal(name)) = path.components().next_back() else { return Err(Refused::Outside) };
    let parent = path.parent().ok_or(Refused::Outside)?;
    Ok((resolve(parent)?.0.join(name), false))
}

/// A path with `/` between its parts; `None` where it is not UTF-8.
pub(super) fn slashed(relative: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = relative.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

#[cfg(test)]
mod tests;
