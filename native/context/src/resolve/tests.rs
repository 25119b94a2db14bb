use std::fmt::Write as _;

use super::*;
use crate::index::Index;
use crate::workspace::Workspace;

mod languages;

struct Fixture {
    _directory: tempfile::TempDir,
    index: Index,
    manifests: ManifestCache,
}

fn fixture(files: &[(&str, &str)]) -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let index = Index::new(Workspace::new([directory.path()]).unwrap());
    index.build(None, Some(1), &|_| {});
    Fixture { _directory: directory, index, manifests: ManifestCache::default() }
}

impl Fixture {
    fn with<T>(&self, work: impl FnOnce(&Resolver<'_>, &Snapshot) -> T) -> T {
        let snapshot = self.index.snapshot();
        let manifests = self.manifests.get(&self.index, &snapshot);
        let resolver = Resolver::new(&snapshot, manifests, Arc::default());
        work(&resolver, &snapshot)
    }

    /// Returns the imports of a file, each with the files it resolves to.
    fn imports(&self, path: &str) -> Vec<String> {
        self.with(|resolver, snapshot| {
            let file = snapshot.find(0, path).unwrap();
            let imports = resolver.imports(file);
            let shown = imports.iter().map(|import| {
                let modules = import.modules.iter().map(|(_, file)| file);
                let mut files: Vec<&str> =
                    import.files.iter().chain(modules).map(|id| &*snapshot.file(*id).unwrap().path).collect();
                files.dedup();
                let package = import.package.as_ref().map(|package| format!("package {package}"));
                format!("{} → {}", import.path, package.unwrap_or_else(|| files.join(", ")))
            });
            shown.collect()
        })
    }

    fn dependents(&self, path: &str) -> Vec<String> {
        self.with(|resolver, snapshot| {
            let files = resolver.dependents(snapshot.find(0, path).unwrap());
            files.into_iter().map(|(id, _)| snapshot.file(id).unwrap().path.to_string()).collect()
        })
    }

    /// Returns the references to a symbol: `file:line:column confidence`.
    fn references(&self, name: &str) -> Vec<String> {
        self.with(|resolver, snapshot| {
            let symbol_refs = resolver.find_symbols(name);
            assert!(!symbol_refs.is_empty(), "{name}");
            let references = resolver.references::<()>(&symbol_refs[..1], &|| Ok(())).unwrap();
            let shown = references.into_iter().map(|reference| {
                let file = snapshot.file(reference.file).unwrap();
                let at = file.record.position(reference.occurrence.start);
                format!(
                    "{}:{}:{} {}",
                    file.path,
                    at.line,
                    at.column,
                    rounded_confidence(reference.confidence)
                )
            });
            shown.collect()
        })
    }

    /// Returns the targets of the calls in a file: `line callee → file:symbol confidence`.
    fn calls(&self, path: &str) -> String {
        self.with(|resolver, snapshot| {
            let file = snapshot.find(0, path).unwrap();
            let record = &snapshot.file(file).unwrap().record;
            let mut out = String::new();
            for (index, occurrence) in record.occurrences.iter().enumerate() {
                if occurrence.role() != crate::record::Role::Call {
                    continue;
                }
                let meanings = resolver.meanings(file, index);
                let shown = meanings.iter().map(|meaning| {
                    let file = snapshot.file(meaning.symbol_ref.file).unwrap();
                    let symbol = file.record.qualified_name(meaning.symbol_ref.symbol);
                    format!("{}:{symbol} {}", file.path, rounded_confidence(meaning.confidence))
                });
                let shown: Vec<String> = shown.collect();
                let line = record.line(occurrence.start);
                writeln!(out, "{line} {} → {}", record.name(occurrence.name()), shown.join(", ")).unwrap();
            }
            out
        })
    }
}

#[test]
fn python_names_lead_through_packages_aliases_and_receivers() {
    let fixture = fixture(&[
        ("src/shop/__init__.py", "from .cart import Cart as Basket\nfrom . import price\n"),
        ("src/shop/base.py", "class Base:\n    def save(self):\n        self.check()\n"),
        (
            "src/shop/cart.py",
            "import json\nfrom .base import Base\nfrom .price import total as sum_up, Rate\n\nclass Cart(Base):\n    def __init__(self, rate: Rate):\n        self.rate = rate\n\n    def pay(self):\n        self.save()\n        json.dumps(1)\n        return sum_up(self.rate.get())\n\n    def check(self): pass\n",
        ),
        ("src/shop/price.py", "def total(items): pass\n\nclass Rate:\n    def get(self): pass\n"),
        ("src/shop/json.py", "def dumps(): pass\n"),
        (
            "app.py",
            "import shop.price\nfrom shop import Basket, price\n\ndef main(total):\n    basket = Basket(1)\n    basket.pay()\n    shop.price.total(1)\n    price.total(2)\n    total(3)\n    unknown.get()\n",
        ),
    ]);
    assert_eq!(
        fixture.imports("src/shop/cart.py"),
        ["json → package json", ".base → src/shop/base.py", ".price → src/shop/price.py"]
    );
    assert_eq!(
        fixture.imports("app.py"),
        ["shop.price → src/shop/price.py", "shop → src/shop/__init__.py, src/shop/price.py"]
    );
    assert_eq!(
        fixture.dependents("src/shop/price.py"),
        ["app.py", "app.py", "src/shop/__init__.py", "src/shop/cart.py"]
    );
    assert_eq!(
        fixture.calls("app.py"),
        "5 Basket → src/shop/cart.py:Cart 0.9\n\
         6 pay → src/shop/cart.py:Cart.pay 0.7\n\
         7 total → src/shop/price.py:total 0.9\n\
         8 total → src/shop/price.py:total 0.9\n\
         9 total → \n\
         10 get → src/shop/price.py:Rate.get 0.5\n"
    );
    assert_eq!(
        fixture.calls("src/shop/cart.py"),
        "10 save → src/shop/base.py:Base.save 0.8\n\
         11 dumps → \n\
         12 sum_up → src/shop/price.py:total 0.9\n\
         12 get → src/shop/price.py:Rate.get 0.7\n"
    );
    assert_eq!(
        fixture.references("price.total"),
        ["app.py:7:16 0.9", "app.py:8:11 0.9", "src/shop/cart.py:3:20 0.9", "src/shop/cart.py:12:16 0.9"]
    );
}

#[test]
fn script_names_lead_through_aliases_packages_and_reexports() {
    let fixture = fixture(&[
        ("package.json", r#"{"name": "root", "workspaces": ["packages/*"]}"#),
        ("tsconfig.json", r#"{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["app/*"]}}}"#),
        ("packages/ui/package.json", r#"{"name": "@acme/ui", "main": "dist/index.js"}"#),
        (
            "packages/ui/src/index.ts",
            "export * from './button';\nexport { Form as Sheet } from './form.js';\n",
        ),
        (
            "packages/ui/src/button.ts",
            "export class Button {\n  press(): void {}\n}\nexport function make(): Button { return new Button(); }\n",
        ),
        (
            "packages/ui/src/form.ts",
            "export class Form {\n  constructor(private readonly button: Button) {}\n  send() { this.button.press(); }\n}\nimport { Button } from './button';\n",
        ),
        ("app/lib/index.ts", "export default function start() {}\nexport const stop = () => {};\n"),
        (
            "app/main.tsx",
            "import start, { stop } from '@/lib';\nimport { Button, Sheet, make } from '@acme/ui';\nimport * as lib from './lib';\nimport React from 'react';\nstart();\nstop();\nlib.stop();\nmake().press();\nconst one = make();\none.press();\nconst sheet = new Sheet(new Button());\nsheet.send();\nReact.render();\n",
        ),
    ]);
    assert_eq!(
        fixture.imports("app/main.tsx"),
        [
            "@/lib → app/lib/index.ts",
            "@acme/ui → packages/ui/src/index.ts",
            "./lib → app/lib/index.ts",
            "react → package react"
        ]
    );
    assert_eq!(fixture.dependents("packages/ui/src/index.ts"), ["app/main.tsx"]);
    assert_eq!(
        fixture.calls("app/main.tsx"),
        "5 start → app/lib/index.ts:start 0.9\n\
         6 stop → app/lib/index.ts:stop 0.9\n\
         7 stop → app/lib/index.ts:stop 0.9\n\
         8 make → packages/ui/src/button.ts:make 0.9\n\
         8 press → packages/ui/src/button.ts:Button.press 0.7\n\
         9 make → packages/ui/src/button.ts:make 0.9\n\
         10 press → packages/ui/src/button.ts:Button.press 0.7\n\
         11 Sheet → packages/ui/src/form.ts:Form 0.9\n\
         11 Button → packages/ui/src/button.ts:Button 0.9\n\
         12 send → packages/ui/src/form.ts:Form.send 0.7\n\
         13 render → \n"
    );
    assert_eq!(
        fixture.calls("packages/ui/src/form.ts"),
        "3 press → packages/ui/src/button.ts:Button.press 0.7\n"
    );
}

#[test]
fn rust_paths_lead_through_modules_crates_and_implementations() {
    let fixture = fixture(&[
        ("core/Cargo.toml", "[package]\nname = \"my-core\"\n"),
        ("core/src/lib.rs", "pub mod model;\nmod util;\npub use model::Job;\n"),
        (
            "core/src/model.rs",
            "pub mod state;\nuse crate::util::now;\nuse self::state::State;\npub struct Job { state: State }\nimpl Job {\n    pub fn new() -> Self { now(); Self { state: State::new() } }\n    pub fn step(&mut self) { self.state.next(); state::reset(); }\n}\n",
        ),
        (
            "core/src/model/state.rs",
            "use super::super::util;\npub struct State;\npub trait Step { fn next(&self); }\nimpl State { pub fn new() -> State { util::now(); State } }\nimpl Step for State { fn next(&self) {} }\npub fn reset() {}\n",
        ),
        ("core/src/util.rs", "pub fn now() {}\n"),
        ("app/Cargo.toml", "[package]\nname = \"app\"\n"),
        (
            "app/src/main.rs",
            "use my_core::{Job, model::state::State};\nuse std::fs;\nfn main() {\n    let mut job = Job::new();\n    job.step();\n    let other: State = State::new();\n    other.next();\n    fs::read(\"x\");\n    my_core::model::state::reset();\n    crate::other();\n}\nfn other() {}\n",
        ),
    ]);
    assert_eq!(
        fixture.imports("core/src/model.rs"),
        [
            "self::state → core/src/model/state.rs",
            "crate::util::now → core/src/util.rs",
            "self::state::State → core/src/model/state.rs"
        ]
    );
    assert_eq!(
        fixture.imports("app/src/main.rs"),
        [
            "my_core::Job → core/src/lib.rs",
            "my_core::model::state::State → core/src/model/state.rs",
            "std::fs → package std"
        ]
    );
    assert_eq!(
        fixture.dependents("core/src/model/state.rs"),
        ["app/src/main.rs", "core/src/model.rs", "core/src/model.rs"]
    );
    assert_eq!(
        fixture.calls("app/src/main.rs"),
        "4 new → core/src/model.rs:Job.new 0.85\n\
         5 step → core/src/model.rs:Job.step 0.7\n\
         6 new → core/src/model/state.rs:State.new 0.85\n\
         7 next → core/src/model/state.rs:State.next 0.7\n\
         8 read → \n\
         9 reset → core/src/model/state.rs:reset 0.9\n\
         10 other → app/src/main.rs:other 0.9\n"
    );
    assert_eq!(
        fixture.calls("core/src/model.rs"),
        "6 now → core/src/util.rs:now 0.9\n\
         6 Self → core/src/model.rs:Job 0.95\n\
         6 new → core/src/model/state.rs:State.new 0.85\n\
         7 next → core/src/model/state.rs:State.next 0.7\n\
         7 reset → core/src/model/state.rs:reset 0.9\n"
    );
}

#[test]
fn go_packages_and_java_packages_share_their_names() {
    let fixture = fixture(&[
        ("go.mod", "module example.com/shop\n"),
        ("store/store.go", "package store\n\ntype Store struct{}\n\nfunc New() *Store { return &Store{} }\n"),
        (
            "store/save.go",
            "package store\n\nfunc (s *Store) Save() { s.lock(); help() }\nfunc (s *Store) lock() {}\nfunc help() {}\n",
        ),
        (
            "main.go",
            "package main\n\nimport (\n\t\"fmt\"\n\tdb \"example.com/shop/store\"\n)\n\nfunc run(s *db.Store) {\n\ts.Save()\n\tdb.New().Save()\n\tfmt.Println()\n}\n",
        ),
        ("j/src/a/Base.java", "package a;\nclass Base { void log() {} }\n"),
        (
            "j/src/a/Main.java",
            "package a;\nimport b.Tool;\nclass Main extends Base {\n  Tool tool = new Tool();\n  void go() { log(); tool.work(); Tool t = Tool.of(); t.work(); }\n}\n",
        ),
        (
            "j/src/b/Tool.java",
            "package b;\npublic class Tool { public void work() {} public static Tool of() { return null; } }\n",
        ),
    ]);
    assert_eq!(
        fixture.imports("main.go"),
        ["fmt → package fmt", "example.com/shop/store → store/save.go, store/store.go"]
    );
    assert_eq!(fixture.dependents("store/save.go"), ["main.go"]);
    assert_eq!(
        fixture.calls("main.go"),
        "9 Save → store/save.go:Store.Save 0.7\n\
         10 New → store/store.go:New 0.9\n\
         10 Save → store/save.go:Store.Save 0.7\n\
         11 Println → \n"
    );
    assert_eq!(
        fixture.calls("store/save.go"),
        "3 lock → store/save.go:Store.lock 0.7\n3 help → store/save.go:help 0.95\n"
    );
    assert_eq!(fixture.imports("j/src/a/Main.java"), ["b.Tool → j/src/b/Tool.java"]);
    assert_eq!(
        fixture.calls("j/src/a/Main.java"),
        "4 Tool → j/src/b/Tool.java:Tool 0.9\n\
         5 log → j/src/a/Base.java:Base.log 0.8\n\
         5 work → j/src/b/Tool.java:Tool.work 0.7\n\
         5 of → j/src/b/Tool.java:Tool.of 0.85\n\
         5 work → j/src/b/Tool.java:Tool.work 0.7\n"
    );
}

#[test]
fn an_ambiguous_name_yields_all_candidates_and_overrides_are_followed() {
    let fixture = fixture(&[
        ("a.py", "class A:\n    def run(self): pass\n"),
        ("b.py", "from a import A\nclass B(A):\n    def run(self): pass\n"),
        ("use.py", "from a import A\ndef go(a: A, x):\n    a.run()\n    x.run()\n"),
        ("tests/test_a.py", "def run(): pass\n"),
    ]);
    assert_eq!(fixture.references("A.run"), ["use.py:3:7 0.7", "use.py:4:7 0.5"]);
    assert_eq!(fixture.references("b.B.run"), ["use.py:3:7 0.42", "use.py:4:7 0.3"]);
    fixture.with(|resolver, snapshot| {
        let found = resolver.find_symbols("run");
        let paths: Vec<&str> =
            found.iter().map(|symbol_ref| &*snapshot.file(symbol_ref.file).unwrap().path).collect();
        assert_eq!(paths, ["a.py", "b.py", "tests/test_a.py"]);
        assert_eq!(resolver.similar_names("Run", 5), ["run"]);
    });
}
