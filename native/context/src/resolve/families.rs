//! Families of languages that share files, names and import rules.

use crate::languages::LanguageId;

/// A family of languages whose files can refer to one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Family {
    Python,
    Script,
    Rust,
    Go,
    /// Java, Kotlin, Scala.
    Jvm,
    /// C and C++.
    C,
    CSharp,
    Php,
    Ruby,
    Shell,
    Swift,
    Lua,
    Elixir,
    Haskell,
    Zig,
    Other,
}

impl Family {
    pub(super) fn of(language: LanguageId) -> Self {
        match language.language().name {
            "python" => Self::Python,
            "javascript" | "typescript" | "tsx" | "vue" | "svelte" => Self::Script,
            "rust" => Self::Rust,
            "go" => Self::Go,
            "java" | "kotlin" | "scala" => Self::Jvm,
            "c" | "cpp" => Self::C,
            "csharp" => Self::CSharp,
            "php" => Self::Php,
            "ruby" => Self::Ruby,
            "bash" => Self::Shell,
            "swift" => Self::Swift,
            "lua" => Self::Lua,
            "elixir" => Self::Elixir,
            "haskell" => Self::Haskell,
            "zig" => Self::Zig,
            _ => Self::Other,
        }
    }

    /// Returns whether a name that a file neither defines nor imports may be defined in another file.
    pub(super) fn has_global_names(self) -> bool {
        !matches!(self, Self::Python | Self::Script | Self::Rust | Self::Go | Self::Zig)
    }

    /// Returns whether the files of a directory see each other's names without an import.
    pub(super) fn shares_names_in_directory(self) -> bool {
        matches!(self, Self::Go | Self::Jvm | Self::Swift | Self::CSharp)
    }

    /// Returns whether a method can be called by its bare name within its class.
    pub(super) fn allows_bare_members(self) -> bool {
        matches!(self, Self::Jvm | Self::C | Self::CSharp | Self::Ruby | Self::Swift)
    }

    /// Returns the suffixes that an import without one may stand for, the most likely first.
    pub(super) fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Python => &[".py", ".pyi", "/__init__.py", "/__init__.pyi"],
            Self::Script => &[
                ".ts",
                ".tsx",
                ".d.ts",
                ".js",
                ".jsx",
                ".mjs",
                ".cjs",
                ".mts",
                ".cts",
                ".vue",
                ".svelte",
                ".json",
                "/index.ts",
                "/index.tsx",
                "/index.d.ts",
                "/index.js",
                "/index.jsx",
                "/index.mjs",
            ],
            Self::Rust => &[".rs", "/mod.rs"],
            Self::Jvm => &[".java", ".kt", ".scala"],
            Self::Php => &[".php"],
            Self::Ruby => &[".rb"],
            Self::Shell => &["", ".sh", ".bash"],
            Self::Lua => &[".lua", "/init.lua"],
            Self::Haskell => &[".hs", ".lhs"],
            Self::Swift => &[".swift"],
            Self::C | Self::Zig | Self::Go | Self::CSharp | Self::Elixir | Self::Other => &[""],
        }
    }
}
