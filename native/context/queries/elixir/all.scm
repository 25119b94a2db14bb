(call target: (identifier) @_module (arguments . (alias) @name) (do_block) @body
  (#any-of? @_module "defmodule" "defprotocol")) @definition.module
(call target: (identifier) @_implementation (arguments . (alias) @name) (do_block) @body
  (#eq? @_implementation "defimpl")) @definition.implementation
(call
  target: (identifier) @_macro
  (arguments [
    (identifier) @name
    (call target: (identifier) @name (arguments)? @parameters)
    (binary_operator left: (call target: (identifier) @name (arguments)? @parameters) operator: "when")
  ])
  (do_block)? @body
  (#any-of? @_macro "defmacro" "defmacrop")) @definition.macro
(call
  target: (identifier) @_def
  (arguments [
    (identifier) @name
    (call target: (identifier) @name (arguments)? @parameters)
    (binary_operator left: (call target: (identifier) @name (arguments)? @parameters) operator: "when")
  ])
  (do_block)? @body
  (#any-of? @_def "def" "defp" "defdelegate" "defguard" "defguardp")) @definition.function
(call target: (identifier) @_test (arguments . (string (quoted_content) @name)) (do_block) @body
  (#any-of? @_test "test" "describe")) @definition.test
(comment) @comment

(call target: (dot right: (identifier) @call))
(call target: (identifier) @call
  (#not-any-of? @call "def" "defp" "defdelegate" "defguard" "defguardp" "defmacro" "defmacrop" "defmodule" "defprotocol" "defimpl"
    "defstruct" "alias" "import" "use" "require" "case" "cond" "for" "if" "unless" "with" "try" "receive" "quote" "test" "describe"))
(binary_operator operator: "|>" right: (identifier) @call)
(alias) @mention
(identifier) @mention

(call target: (identifier) @_import (arguments . (alias) @import.path) (#any-of? @_import "alias" "use" "require" "import")) @import
(call target: (identifier) @_import
  (arguments . (alias) @import.path (keywords (pair key: (keyword) @_as value: (alias) @import.module_alias)))
  (#eq? @_import "alias")) @import
