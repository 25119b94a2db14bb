//! Resolution across files in the languages without a test of their own: imports, members, and names that
//! only look alike.

use super::fixture;

/// Asserts what the imports and calls of a file resolve to.
fn assert_resolves(files: &[(&str, &str)], path: &str, expected: &str) {
    let fixture = fixture(files);
    let imports: String = fixture.imports(path).iter().map(|import| format!("import {import}\n")).collect();
    assert_eq!(imports + &fixture.calls(path), expected, "{path}");
}

#[test]
fn c_headers_resolve_to_their_declarations() {
    assert_resolves(
        &[
            ("include/list.h", "struct list;\nvoid list_push(struct list *l, int value);\n"),
            (
                "src/list.c",
                "#include \"../include/list.h\"\nstatic void grow(void) {}\nvoid list_push(struct list *l, int value) { grow(); }\n",
            ),
            ("src/other.c", "static void grow(void) {}\n"),
            (
                "src/main.c",
                "#include <stdio.h>\n#include \"../include/list.h\"\nint main(void) { list_push(0, 1); printf(\"x\"); return 0; }\n",
            ),
        ],
        "src/main.c",
        "import stdio.h → package stdio.h\n\
         import ../include/list.h → include/list.h\n\
         3 list_push → include/list.h:list_push 0.8\n\
         3 printf → \n",
    );
}

#[test]
fn cpp_members_resolve_by_the_type_of_the_variable() {
    assert_resolves(
        &[
            (
                "shape.hpp",
                "#pragma once\nnamespace geo {\nclass Shape { public: double area() const; };\nclass Box { public: double area() const; };\n}\n",
            ),
            ("shape.cpp", "#include \"shape.hpp\"\ndouble geo::Shape::area() const { return 1; }\n"),
            (
                "main.cpp",
                "#include \"shape.hpp\"\n#include <vector>\nint main() {\n  geo::Shape shape;\n  shape.area();\n  std::vector<int> v;\n  v.push_back(1);\n}\n",
            ),
        ],
        "main.cpp",
        "import shape.hpp → shape.hpp\n\
         import vector → package vector\n\
         5 area → shape.hpp:geo.Shape.area 0.7\n\
         7 push_back → \n",
    );
}

#[test]
fn csharp_namespaces_import_their_types() {
    assert_resolves(
        &[
            (
                "Model/Cart.cs",
                "namespace Shop.Model;\npublic class Cart {\n  public int Total() { return 0; }\n  public static Cart Open() { return new Cart(); }\n}\n",
            ),
            (
                "Other/Cart.cs",
                "namespace Shop.Other;\npublic class Basket {\n  public int Total() { return 1; }\n}\n",
            ),
            (
                "App.cs",
                "using System;\nusing Shop.Model;\nclass App {\n  Cart cart = new Cart();\n  void Run() { cart.Total(); Cart.Open(); Console.WriteLine(1); Help(); }\n  void Help() {}\n}\n",
            ),
        ],
        "App.cs",
        "import System → package System\n\
         import Shop.Model → Model/Cart.cs\n\
         4 Cart → Model/Cart.cs:Cart 0.8\n\
         5 Total → Model/Cart.cs:Cart.Total 0.7\n\
         5 Open → Model/Cart.cs:Cart.Open 0.85\n\
         5 WriteLine → \n\
         5 Help → App.cs:App.Help 0.85\n",
    );
}

#[test]
fn php_names_lead_through_use() {
    assert_resolves(
        &[
            (
                "src/Model/Cart.php",
                "<?php\nnamespace App\\Model;\nclass Cart {\n  public function total(): int { return $this->sum(); }\n  private function sum(): int { return 0; }\n}\n",
            ),
            ("src/Other.php", "<?php\nnamespace App;\nclass Other { public function total() {} }\n"),
            (
                "index.php",
                "<?php\nuse App\\Model\\Cart;\n$cart = new Cart();\n$cart->total();\nstrlen('x');\n",
            ),
        ],
        "index.php",
        "import App\\Model\\Cart → src/Model/Cart.php\n\
         3 Cart → src/Model/Cart.php:Cart 0.9\n\
         4 total → src/Model/Cart.php:Cart.total 0.5\n\
         5 strlen → \n",
    );
}

#[test]
fn ruby_files_lead_through_require() {
    assert_resolves(
        &[
            (
                "lib/cart.rb",
                "class Cart\n  def total\n    sum\n  end\n\n  def sum\n    0\n  end\n\n  def self.open\n    Cart.new\n  end\nend\n",
            ),
            ("lib/other.rb", "class Other\n  def total; end\nend\n"),
            (
                "app.rb",
                "require_relative 'lib/cart'\nrequire 'json'\ncart = Cart.open\ncart.total\nJSON.parse('1')\n",
            ),
        ],
        "app.rb",
        "import lib/cart → lib/cart.rb\n\
         import json → package json\n\
         1 require_relative → \n\
         2 require → \n\
         3 open → lib/cart.rb:Cart.open 0.85\n\
         4 total → lib/cart.rb:Cart.total 0.8\n\
         5 parse → \n",
    );
}

#[test]
fn bash_functions_lead_through_source() {
    assert_resolves(
        &[
            ("lib.sh", "build() { echo 1; }\n"),
            ("other.sh", "ship() { echo 2; }\n"),
            ("run.sh", "source ./lib.sh\nbuild\nls\n"),
        ],
        "run.sh",
        "import ./lib.sh → lib.sh\n\
         1 source → \n\
         2 build → lib.sh:build 0.8\n\
         3 ls → \n",
    );
}

#[test]
fn swift_files_of_a_module_share_their_names() {
    assert_resolves(
        &[
            (
                "Sources/Cart.swift",
                "public struct Cart {\n  func total() -> Int { return 0 }\n  static func open() -> Cart { return Cart() }\n}\nextension Cart {\n  func empty() {}\n}\n",
            ),
            ("Sources/Other.swift", "class Other { func total() {} }\n"),
            (
                "Sources/main.swift",
                "import Foundation\nlet cart = Cart.open()\ncart.total()\ncart.empty()\nprint(cart)\n",
            ),
        ],
        "Sources/main.swift",
        "import Foundation → package Foundation\n\
         2 open → Sources/Cart.swift:Cart.open 0.85\n\
         3 total → Sources/Cart.swift:Cart.total 0.7\n\
         4 empty → Sources/Cart.swift:Cart.empty 0.7\n\
         5 print → \n",
    );
}

#[test]
fn kotlin_and_scala_names_lead_through_packages() {
    assert_resolves(
        &[
            (
                "a/Cart.kt",
                "package shop.a\nclass Cart {\n  fun total(): Int = 0\n}\nfun make(): Cart = Cart()\n",
            ),
            ("b/Cart.kt", "package shop.b\nclass Basket { fun total() = 1 }\n"),
            (
                "App.kt",
                "import shop.a.Cart\nimport shop.a.make\nfun main() {\n  val cart = Cart()\n  cart.total()\n  make().total()\n  println(1)\n}\n",
            ),
        ],
        "App.kt",
        "import shop.a.Cart → a/Cart.kt\n\
         import shop.a.make → a/Cart.kt\n\
         4 Cart → a/Cart.kt:Cart 0.9\n\
         5 total → a/Cart.kt:Cart.total 0.7\n\
         6 make → a/Cart.kt:make 0.9\n\
         6 total → a/Cart.kt:Cart.total 0.7\n\
         7 println → \n",
    );
    assert_resolves(
        &[
            (
                "a/Cart.scala",
                "package shop.a\nclass Cart {\n  def total(): Int = 0\n}\nobject Cart {\n  def open(): Cart = new Cart()\n}\n",
            ),
            (
                "App.scala",
                "import shop.a.Cart\nobject App {\n  def main(): Unit = {\n    val cart = new Cart()\n    cart.total()\n    Cart.open()\n    println(1)\n  }\n}\n",
            ),
        ],
        "App.scala",
        "import shop.a.Cart → a/Cart.scala\n\
         4 Cart → a/Cart.scala:Cart 0.9, a/Cart.scala:Cart 0.9\n\
         5 total → a/Cart.scala:Cart.total 0.7\n\
         6 open → a/Cart.scala:Cart.open 0.85\n\
         7 println → \n",
    );
}

#[test]
fn lua_modules_lead_through_require() {
    assert_resolves(
        &[
            ("shop/cart.lua", "local M = {}\nfunction M.total() return 0 end\nreturn M\n"),
            ("shop/other.lua", "local M = {}\nfunction M.total() return 1 end\nreturn M\n"),
            ("app.lua", "local cart = require('shop.cart')\ncart.total()\nprint(1)\n"),
        ],
        "app.lua",
        "import shop.cart → shop/cart.lua\n\
         1 require → \n\
         2 total → shop/cart.lua:M.total 0.8\n\
         3 print → \n",
    );
}

#[test]
fn elixir_modules_lead_through_aliases() {
    assert_resolves(
        &[
            (
                "lib/shop/cart.ex",
                "defmodule Shop.Cart do\n  def total(items), do: sum(items)\n  defp sum(_), do: 0\nend\n",
            ),
            ("lib/shop/other.ex", "defmodule Shop.Other do\n  def total(_), do: 1\nend\n"),
            (
                "lib/app.ex",
                "defmodule App do\n  alias Shop.Cart\n  def run do\n    Cart.total([])\n    Shop.Cart.total([])\n    IO.puts(1)\n  end\nend\n",
            ),
        ],
        "lib/app.ex",
        "import Shop.Cart → lib/shop/cart.ex\n\
         4 total → lib/shop/cart.ex:Shop.Cart.total 0.9\n\
         5 total → lib/shop/cart.ex:Shop.Cart.total 0.85\n\
         6 puts → \n",
    );
}

#[test]
fn haskell_modules_import_their_names() {
    assert_resolves(
        &[
            ("src/Shop/Cart.hs", "module Shop.Cart where\n\ntotal :: [Int] -> Int\ntotal xs = sum xs\n"),
            ("src/Shop/Other.hs", "module Shop.Other where\n\ntotal :: Int\ntotal = 1\n"),
            (
                "app/Main.hs",
                "module Main where\n\nimport qualified Shop.Cart as Cart\nimport Data.List (sort)\n\nmain :: IO ()\nmain = print (Cart.total (sort [1]))\n",
            ),
        ],
        "app/Main.hs",
        "import Shop.Cart → src/Shop/Cart.hs\n\
         import Data.List → package Data\n\
         7 print → \n\
         7 total → src/Shop/Cart.hs:total 0.9\n\
         7 sort → \n",
    );
}

#[test]
fn zig_files_are_imported_as_values() {
    assert_resolves(
        &[
            (
                "cart.zig",
                "pub const Cart = struct {\n    pub fn total(self: Cart) u32 {\n        _ = self;\n        return 0;\n    }\n};\npub fn open() Cart {\n    return Cart{};\n}\n",
            ),
            (
                "main.zig",
                "const std = @import(\"std\");\nconst cart = @import(\"cart.zig\");\npub fn main() void {\n    const c = cart.open();\n    _ = c.total();\n    std.debug.print(\"x\", .{});\n}\n",
            ),
        ],
        "main.zig",
        "import std → package std\n\
         import cart.zig → cart.zig\n\
         4 open → cart.zig:open 0.9\n\
         5 total → cart.zig:Cart.total 0.7\n\
         6 print → \n",
    );
}
