//! The table of languages.

use super::{ImportNotation, Language, Syntax, TestMark, VisibilityRule};
use crate::record::Visibility;

/// Includes query files, in the given order.
macro_rules! queries {
    ($($file:literal),+ $(,)?) => {
        &[$(include_str!(concat!("../../queries/", $file, ".scm"))),+]
    };
}

/// The language of files that no other entry claims.
pub(super) const PLAIN_TEXT: Language =
    text("text", &["txt", "text", "log"], &["license", "copying", "notice", "authors", "readme"], None);

/// JavaScript and TypeScript: declarations that a module does not export are private to it. Members of
/// classes are public unless they say otherwise.
const SCRIPT_VISIBILITY: VisibilityRule = VisibilityRule::Words {
    public: &["export", "public", "module.exports", "exports"],
    internal: &["protected"],
    private: &["private"],
    otherwise: Visibility::Private,
    member: Visibility::Public,
};

const RUST_VISIBILITY: VisibilityRule = VisibilityRule::Words {
    public: &["pub"],
    internal: &["pub(crate)", "pub(super)", "pub(in"],
    private: &[],
    otherwise: Visibility::Private,
    member: Visibility::Private,
};

const JAVA_VISIBILITY: VisibilityRule = VisibilityRule::Words {
    public: &["public"],
    internal: &["protected"],
    private: &["private"],
    otherwise: Visibility::Internal,
    member: Visibility::Internal,
};

/// Languages in which declarations are public by default.
const OPEN_VISIBILITY: VisibilityRule = VisibilityRule::Words {
    public: &["public", "open"],
    internal: &["protected", "internal", "fileprivate"],
    private: &["private", "local", "defp", "defmacrop"],
    otherwise: Visibility::Public,
    member: Visibility::Public,
};

/// C and C++: functions and variables that are not static have external linkage. The labels in classes
/// (`private:`) are ignored.
const C_VISIBILITY: VisibilityRule = VisibilityRule::Words {
    public: &[],
    internal: &[],
    private: &["static"],
    otherwise: Visibility::Public,
    member: Visibility::Public,
};

const CSHARP_VISIBILITY: VisibilityRule = VisibilityRule::Words {
    public: &["public"],
    internal: &["protected", "internal"],
    private: &["private"],
    otherwise: Visibility::Internal,
    member: Visibility::Private,
};

const ZIG_VISIBILITY: VisibilityRule = VisibilityRule::Words {
    public: &["pub", "export"],
    internal: &[],
    private: &[],
    otherwise: Visibility::Private,
    member: Visibility::Private,
};

/// Every language. The index is the language's id.
pub const LANGUAGES: &[Language] = &[
    PLAIN_TEXT,
    Language {
        name: "python",
        extensions: &["py", "pyi", "pyw"],
        file_names: &["sconstruct", "wscript"],
        interpreters: &["python", "pypy"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_python::LANGUAGE.into(),
            queries: queries!("python/definitions", "python/references", "python/imports"),
            visibility: VisibilityRule::Underscore,
            tests: &[TestMark::NamePrefix("test_")],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("#"),
    },
    Language {
        name: "javascript",
        extensions: &["js", "mjs", "cjs", "jsx"],
        file_names: &["jakefile"],
        interpreters: &["node", "deno", "bun"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_javascript::LANGUAGE.into(),
            queries: queries!(
                "javascript/definitions",
                "ecmascript/definitions",
                "ecmascript/references",
                "ecmascript/imports",
                "ecmascript/jsx"
            ),
            visibility: SCRIPT_VISIBILITY,
            tests: &[],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "typescript",
        extensions: &["ts", "mts", "cts"],
        file_names: &[],
        interpreters: &["ts-node"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            queries: queries!(
                "typescript/definitions",
                "typescript/references",
                "ecmascript/definitions",
                "ecmascript/references",
                "ecmascript/imports"
            ),
            visibility: SCRIPT_VISIBILITY,
            tests: &[],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "tsx",
        extensions: &["tsx"],
        file_names: &[],
        interpreters: &[],
        syntax: Some(Syntax {
            grammar: || tree_sitter_typescript::LANGUAGE_TSX.into(),
            queries: queries!(
                "typescript/definitions",
                "typescript/references",
                "ecmascript/definitions",
                "ecmascript/references",
                "ecmascript/imports",
                "ecmascript/jsx"
            ),
            visibility: SCRIPT_VISIBILITY,
            tests: &[],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "rust",
        extensions: &["rs"],
        file_names: &[],
        interpreters: &["rust-script"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_rust::LANGUAGE.into(),
            queries: queries!("rust/definitions", "rust/references", "rust/imports"),
            visibility: RUST_VISIBILITY,
            tests: &[TestMark::Decorator("test")],
            imports: ImportNotation::UseTree,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "go",
        extensions: &["go"],
        file_names: &[],
        interpreters: &[],
        syntax: Some(Syntax {
            grammar: || tree_sitter_go::LANGUAGE.into(),
            queries: queries!("go/definitions", "go/references", "go/imports"),
            visibility: VisibilityRule::Capital,
            tests: &[
                TestMark::NamePrefix("Test"),
                TestMark::NamePrefix("Benchmark"),
                TestMark::NamePrefix("Fuzz"),
            ],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "java",
        extensions: &["java"],
        file_names: &[],
        interpreters: &[],
        syntax: Some(Syntax {
            grammar: || tree_sitter_java::LANGUAGE.into(),
            queries: queries!("java/definitions", "java/references", "java/imports"),
            visibility: JAVA_VISIBILITY,
            tests: &[TestMark::Decorator("Test")],
            imports: ImportNotation::QualifiedName,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "c",
        extensions: &["c", "h"],
        file_names: &[],
        interpreters: &[],
        syntax: Some(Syntax {
            grammar: || tree_sitter_c::LANGUAGE.into(),
            queries: queries!("c/definitions", "c/references", "c/imports"),
            visibility: C_VISIBILITY,
            tests: &[],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "cpp",
        extensions: &["cc", "cpp", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ipp", "inl", "tpp", "cu", "cuh"],
        file_names: &[],
        interpreters: &[],
        syntax: Some(Syntax {
            grammar: || tree_sitter_cpp::LANGUAGE.into(),
            queries: queries!(
                "cpp/definitions",
                "cpp/references",
                "c/definitions",
                "c/references",
                "c/imports"
            ),
            visibility: C_VISIBILITY,
            tests: &[],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "csharp",
        extensions: &["cs", "csx"],
        file_names: &[],
        interpreters: &[],
        syntax: Some(Syntax {
            grammar: || tree_sitter_c_sharp::LANGUAGE.into(),
            queries: queries!("csharp/definitions", "csharp/references", "csharp/imports"),
            visibility: CSHARP_VISIBILITY,
            tests: &[
                TestMark::Decorator("Test"),
                TestMark::Decorator("Fact"),
                TestMark::Decorator("Theory"),
                TestMark::Decorator("TestMethod"),
            ],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "ruby",
        extensions: &["rb", "rake", "gemspec", "ru"],
        file_names: &["rakefile", "gemfile", "guardfile", "podfile", "vagrantfile", "brewfile"],
        interpreters: &["ruby", "jruby"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_ruby::LANGUAGE.into(),
            queries: queries!("ruby/definitions", "ruby/references", "ruby/imports"),
            visibility: OPEN_VISIBILITY,
            tests: &[TestMark::NamePrefix("test_")],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("#"),
    },
    Language {
        name: "php",
        extensions: &["php", "phtml", "php5"],
        file_names: &[],
        interpreters: &["php"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_php::LANGUAGE_PHP.into(),
            queries: queries!("php/definitions", "php/references", "php/imports"),
            visibility: OPEN_VISIBILITY,
            tests: &[TestMark::NamePrefix("test"), TestMark::Decorator("Test")],
            imports: ImportNotation::QualifiedName,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "bash",
        extensions: &["sh", "bash", "zsh", "ksh", "bats"],
        file_names: &[".bashrc", ".bash_profile", ".profile", ".zshrc"],
        interpreters: &["sh", "bash", "zsh", "dash", "ksh"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_bash::LANGUAGE.into(),
            queries: queries!("bash/all"),
            visibility: OPEN_VISIBILITY,
            tests: &[],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("#"),
    },
    Language {
        name: "scala",
        extensions: &["scala", "sc", "sbt"],
        file_names: &[],
        interpreters: &["scala"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_scala::LANGUAGE.into(),
            queries: queries!("scala/definitions", "scala/references", "scala/imports"),
            visibility: OPEN_VISIBILITY,
            tests: &[],
            imports: ImportNotation::QualifiedName,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "swift",
        extensions: &["swift"],
        file_names: &[],
        interpreters: &["swift"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_swift::LANGUAGE.into(),
            queries: queries!("swift/definitions", "swift/references", "swift/imports"),
            visibility: OPEN_VISIBILITY,
            tests: &[TestMark::NamePrefix("test"), TestMark::Decorator("Test")],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "kotlin",
        extensions: &["kt", "kts"],
        file_names: &[],
        interpreters: &["kotlin"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_kotlin_ng::LANGUAGE.into(),
            queries: queries!("kotlin/definitions", "kotlin/references", "kotlin/imports"),
            visibility: OPEN_VISIBILITY,
            tests: &[TestMark::Decorator("Test")],
            imports: ImportNotation::QualifiedName,
        }),
        line_comment: Some("//"),
    },
    Language {
        name: "lua",
        extensions: &["lua", "rockspec"],
        file_names: &[],
        interpreters: &["lua", "luajit"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_lua::LANGUAGE.into(),
            queries: queries!("lua/all"),
            visibility: OPEN_VISIBILITY,
            tests: &[],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("--"),
    },
    Language {
        name: "elixir",
        extensions: &["ex", "exs"],
        file_names: &[],
        interpreters: &["elixir"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_elixir::LANGUAGE.into(),
            queries: queries!("elixir/all"),
            visibility: OPEN_VISIBILITY,
            tests: &[],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("#"),
    },
    Language {
        name: "haskell",
        extensions: &["hs"],
        file_names: &[],
        interpreters: &["runhaskell", "runghc"],
        syntax: Some(Syntax {
            grammar: || tree_sitter_haskell::LANGUAGE.into(),
            queries: queries!("haskell/all"),
            visibility: OPEN_VISIBILITY,
            tests: &[],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("--"),
    },
    Language {
        name: "zig",
        extensions: &["zig", "zon"],
        file_names: &[],
        interpreters: &[],
        syntax: Some(Syntax {
            grammar: || tree_sitter_zig::LANGUAGE.into(),
            queries: queries!("zig/all"),
            visibility: ZIG_VISIBILITY,
            tests: &[],
            imports: ImportNotation::Path,
        }),
        line_comment: Some("//"),
    },
    text("markdown", &["md", "markdown", "mdx"], &[], None),
    text("restructuredtext", &["rst"], &[], None),
    text("json", &["json", "jsonc", "json5", "webmanifest"], &[".babelrc", ".eslintrc"], None),
    text("yaml", &["yaml", "yml"], &[], Some("#")),
    text("toml", &["toml"], &[], Some("#")),
    text("ini", &["ini", "cfg", "conf", "properties"], &[".editorconfig", ".gitconfig"], Some("#")),
    text("xml", &["xml", "xsd", "xsl", "csproj", "props", "targets", "plist"], &[], None),
    text("html", &["html", "htm", "xhtml"], &[], None),
    text("vue", &["vue"], &[], None),
    text("svelte", &["svelte"], &[], None),
    text("css", &["css"], &[], None),
    text("scss", &["scss", "sass", "less"], &[], None),
    text("sql", &["sql"], &[], Some("--")),
    text("graphql", &["graphql", "gql"], &[], Some("#")),
    text("protobuf", &["proto"], &[], Some("//")),
    text("dockerfile", &["dockerfile"], &["dockerfile", "containerfile"], Some("#")),
    text("makefile", &["mk", "mak"], &["makefile", "gnumakefile"], Some("#")),
    text("cmake", &["cmake"], &["cmakelists.txt"], Some("#")),
    text("terraform", &["tf", "tfvars", "hcl"], &[], Some("#")),
    text("powershell", &["ps1", "psm1", "psd1"], &[], Some("#")),
    text("batch", &["bat", "cmd"], &[], Some("rem")),
    text("perl", &["pl", "pm", "t"], &[], Some("#")),
    text("r", &["r", "rmd"], &[], Some("#")),
    text("julia", &["jl"], &[], Some("#")),
    text("dart", &["dart"], &[], Some("//")),
    text("groovy", &["groovy", "gradle"], &["jenkinsfile"], Some("//")),
    text("clojure", &["clj", "cljs", "cljc", "edn"], &[], Some(";")),
    text("erlang", &["erl", "hrl"], &[], Some("%")),
    text("ocaml", &["ml", "mli"], &[], None),
    text("fsharp", &["fs", "fsi", "fsx"], &[], Some("//")),
    text("nix", &["nix"], &[], Some("#")),
    text("vim", &["vim"], &[".vimrc"], Some("\"")),
];

/// Makes the entry of a language without a grammar, which is searched as text.
const fn text(
    name: &'static str,
    extensions: &'static [&'static str],
    file_names: &'static [&'static str],
    line_comment: Option<&'static str>,
) -> Language {
    Language { name, extensions, file_names, interpreters: &[], syntax: None, line_comment }
}
